import Insight
import Zoo

/// The part of a page where a person says what becomes of pictures, by keyboard, and saves it as the table that
/// `graft doctor --apply` carries out. The pictures are figures with the attribute `data-path`.
struct PlanDesk: Sendable {
    private let plan: FixPlan
    private let classes: [String]

    /// - Parameters:
    ///   - plan: what becomes of each picture as long as nobody says anything else.
    ///   - classes: the first nine have keys of their own; others are typed.
    init(_ plan: FixPlan, classes: [String]) {
        self.plan = plan
        self.classes = classes
    }

    /// Pictures in the plan.
    var count: Int { plan.rows.count }

    func markup(apply: String) -> Markup {
        let keys: [Markup] = classes.prefix(9).enumerated().map { index, name in
            "<button type=\"button\" data-class=\"\(name)\"><kbd>\(index + 1)</kbd> <bdi>\(name)</bdi></button>\n"
        }
        let rows: [Markup] = plan.rows.map { row in
            """
            <li data-path="\(row.path.shown)" data-action="\(row.action.rawValue)" data-class="\(row.label)" \
            data-to="\(row.target)" data-reason="\(row.reason)"></li>

            """
        }
        return """
            <div class="keys plan-keys" id="desk"><button type="button" data-do="keep"><kbd>K</kbd> keep</button>
            <button type="button" data-do="drop"><kbd>D</kbd> drop</button>
            <button type="button" data-do="suggested"><kbd>R</kbd> relabel as suggested</button>
            \(keys)<button type="button" data-do="other"><kbd>0</kbd> another class</button>
            <button type="button" data-do="save">save fixes.csv</button> <span class="note" id="planned"></span></div>
            <p class="note">Choose a picture by a click or with the tab key and the arrows, then press a key. Nothing is changed by \
            this page: <code>\(apply)</code> copies the pictures into a new folder as the saved plan says.</p>
            <ul hidden id="plan">
            \(rows)</ul>

            """
    }

    static let script: Markup = #"""
        (()=>{const rows=new Map([...document.querySelectorAll('#plan li')].map(r=>[r.dataset.path,{...r.dataset,by:''}]));
        const cards=[...document.querySelectorAll('figure[data-path]')].filter(c=>rows.has(c.dataset.path));
        const names=[...document.querySelectorAll('#desk [data-class]')];let now=-1;
        function show(path){const r=rows.get(path);for(const c of cards)if(c.dataset.path===path){c.dataset.action=r.action;
        c.querySelector('.does').textContent=r.action==='move'?r.action+' to '+r.to:r.action}
        const n={keep:0,move:0,drop:0};for(const x of rows.values())n[x.action]++;
        document.getElementById('planned').textContent=n.keep+' to keep, '+n.move+' to move, '+n.drop+' to drop'}
        function go(n){const c=cards[Math.max(0,Math.min(cards.length-1,n))];if(c)c.focus()}
        function set(action,to){const c=cards[now];if(!c)return;const r=rows.get(c.dataset.path);
        if(action==='move'&&!to)return;if(action==='move'&&to===r.class){action='keep';to=undefined}
        r.action=action;if(to!==undefined)r.to=to;show(c.dataset.path);go(now+1)}
        function suggested(){const c=cards[now];if(c)set('move',rows.get(c.dataset.path).to)}
        function other(){const name=(prompt('Class')||'').trim();if(name)set('move',name)}
        function save(){const q=s=>/[",\r\n]/.test(s)?'"'+s.replaceAll('"','""')+'"':s;
        const lines=[['action','path','class','to','reason'],...[...rows.values()].map(r=>[r.action,r.path,r.class,r.to,r.reason])];
        const a=document.createElement('a');a.download='fixes.csv';a.href='data:text/csv;charset=utf-8,'+
        encodeURIComponent(lines.map(l=>l.map(q).join(',')).join('\r\n')+'\r\n');a.click()}
        cards.forEach((c,i)=>{c.addEventListener('focus',()=>{now=i});c.addEventListener('click',()=>go(i));});
        for(const path of rows.keys())show(path);
        const does={keep:()=>set('keep'),drop:()=>set('drop'),suggested,other,save};
        document.querySelectorAll('#desk [data-do]').forEach(b=>b.addEventListener('click',()=>does[b.dataset.do]()));
        names.forEach(b=>b.addEventListener('click',()=>set('move',b.dataset.class)));
        document.addEventListener('keydown',e=>{if(e.ctrlKey||e.metaKey||e.altKey)return;
        if(!(document.activeElement&&document.activeElement.matches('figure[data-path]')))return;const k=e.key.toLowerCase();
        if(e.key==='ArrowRight')go(now+1);else if(e.key==='ArrowLeft')go(now-1);else if(k==='k')set('keep');
        else if(k==='d')set('drop');else if(k==='r')suggested();else if(k==='0')other();
        else if(/^[1-9]$/.test(k)&&names[k-1])set('move',names[k-1].dataset.class);else return;e.preventDefault()})})();

        """#
}
