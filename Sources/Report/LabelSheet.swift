import Images
package import Insight
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The sheet of `graft pick --html`: pictures to label by keyboard, and a table of the labels to save.
package struct LabelSheet {
    private let picks: Picks
    private let classes: [String]

    /// - Parameter classes: the first nine have keys of their own; others are typed.
    package init(_ picks: Picks, classes: [String]) {
        self.picks = picks
        self.classes = classes
    }

    package var html: String {
        let paths = picks.picks.map(\.path)
        let cards: [Markup] = zip(picks.picks, Thumbnails.make(paths, longSide: 480)).map { pick, thumbnail in
            let image: Markup =
                thumbnail.map {
                    "<img alt=\"\(pick.path)\" src=\"data:image/jpeg;base64,\(Data($0).base64EncodedString())\">"
                } ?? "<div class=\"blank\"></div>"
            let guess: Markup =
                pick.guess.map { "<bdi>\($0)</bdi> \(NumberText.percent(pick.probability ?? 0))?" } ?? ""
            return """
                <figure class="card" tabindex="0" data-pick="\(pick.path.shown)">\(image)<figcaption><p class="says"></p>\
                <p class="is">\(guess)</p><p class="file"><bdi>\(pick.path)</bdi></p></figcaption></figure>

                """
        }
        let keys: [Markup] = classes.prefix(9).enumerated().map { index, name in
            "<button type=\"button\" data-class=\"\(name)\"><kbd>\(index + 1)</kbd> <bdi>\(name)</bdi></button>\n"
        }
        let body: Markup = """
            <header>
            <p class="kicker">Graft · pick</p>
            <h1>\(NumberText.counted(cards.count, "picture")) to label</h1>
            <p class="lead">Press a number for a class, 0 for another one to be typed, the arrows to move, Backspace to clear. Then \
            save the table, and copy the pictures into folders with <code>graft pick MODEL FOLDER --apply labels.csv \
            --output FOLDER</code>.</p></header>
            <div class="keys">\(keys)<button type="button" id="other"><kbd>0</kbd> another class</button>
            <button type="button" id="save">save labels.csv</button> <span class="note" id="count"></span></div>
            <section><div class="grid" id="sheet">
            \(cards)</div></section>
            \(apart)<footer>Written by Graft. This page loads nothing; what you label stays in it until you save.</footer>

            """
        return Page(title: "\(cards.count) pictures to label", body: body, script: Self.script).html
    }

    /// What is not to be labelled: pictures of none of the classes, and files that cannot be read.
    private var apart: Markup {
        func list(_ title: String, _ lead: Markup, _ items: [Markup]) -> Markup {
            items.isEmpty
                ? ""
                : Page.section(
                    title, lead,
                    "<div class=\"card\" style=\"padding:4px 18px 14px\"><ul>\(items.map { "<li>\($0)</li>\n" as Markup })</ul></div>\n"
                )
        }
        return list(
            "None of the classes", "\(NumberText.counted(picks.strangers.count, "picture")), left out here.",
            picks.strangers.map { "<bdi>\($0.shown)</bdi>" })
            + list(
                "Damaged", "\(NumberText.counted(picks.skipped.count, "file")) could not be read.",
                picks.skipped.map { "<bdi>\($0.path.shown)</bdi>: \($0.reason)" })
    }

    private static let script: Markup = #"""
        const cards=[...document.querySelectorAll('#sheet figure')],names=[...document.querySelectorAll('[data-class]')];
        const labels=new Map();let now=0;
        function go(n){now=Math.max(0,Math.min(cards.length-1,n));cards[now]?.focus()}
        function set(name){const c=cards[now];if(!c)return;name?labels.set(c.dataset.pick,name):labels.delete(c.dataset.pick);
        c.querySelector('.says').textContent=name||'';
        document.getElementById('count').textContent=labels.size+' of '+cards.length;if(name)go(now+1)}
        function other(){const name=(prompt('Class')||'').trim();if(name)set(name)}
        cards.forEach((c,i)=>{c.addEventListener('focus',()=>{now=i});c.addEventListener('click',()=>go(i))});
        names.forEach(b=>b.addEventListener('click',()=>set(b.dataset.class)));
        document.getElementById('other').addEventListener('click',other);
        document.addEventListener('keydown',e=>{if(e.ctrlKey||e.metaKey||e.altKey)return;
        if(e.key==='ArrowRight')go(now+1);else if(e.key==='ArrowLeft')go(now-1);
        else if(e.key==='Backspace'||e.key==='Delete')set('');else if(e.key==='0')other();
        else if(/^[1-9]$/.test(e.key)&&names[e.key-1])set(names[e.key-1].dataset.class);else return;e.preventDefault()});
        document.getElementById('save').addEventListener('click',()=>{
        const q=s=>/[",\r\n]/.test(s)?'"'+s.replaceAll('"','""')+'"':s;
        const done=cards.map(c=>c.dataset.pick).filter(p=>labels.has(p));
        const rows=['path,class',...done.map(p=>q(p)+','+q(labels.get(p)))];
        const a=document.createElement('a');a.download='labels.csv';
        a.href='data:text/csv;charset=utf-8,'+encodeURIComponent(rows.join('\r\n')+'\r\n');a.click()});
        go(0);

        """#
}
