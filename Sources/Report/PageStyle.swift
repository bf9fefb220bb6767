/// The style sheet of the pages. Colours are `Palette`'s variables.
enum PageStyle {
    static let rules: Markup = """
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
        main{max-width:1060px;margin:0 auto;padding:40px 24px 64px}
        h1{font-size:34px;line-height:1.2;letter-spacing:-.02em;margin:0 0 6px;font-weight:680;text-wrap:balance;\
        overflow-wrap:anywhere}
        h2{font-size:19px;letter-spacing:-.01em;margin:0 0 4px;font-weight:650}
        h3{font-size:13px;margin:20px 0 6px;color:var(--muted);font-weight:600}
        p{margin:0}
        .kicker{font-size:13px;color:var(--muted);margin-bottom:10px}
        .lead{color:var(--muted);margin:0 0 16px;max-width:80ch}
        .strip{margin:18px 0 0;padding:10px 16px;border-left:4px solid var(--second);background:var(--card);\
        border-radius:4px}
        section{margin-top:44px}
        .card{background:var(--card);border:1px solid var(--rule);border-radius:14px}
        .hero{display:grid;grid-template-columns:minmax(0,5fr) minmax(0,4fr);gap:32px;align-items:center;padding:28px 32px;\
        margin-top:26px}
        .score{font-size:60px;line-height:1;letter-spacing:-.035em;font-weight:700;font-variant-numeric:tabular-nums}
        .score small{font-size:26px;font-weight:500;letter-spacing:-.01em;color:var(--muted)}
        .hero p{margin-top:10px}
        .gauge{position:relative;height:14px;margin:4px 0 8px;border-radius:7px;background:var(--wash)}
        .gauge i{position:absolute;top:0;bottom:0;border-radius:7px;background:var(--accent);opacity:.38}
        .gauge b{position:absolute;top:-5px;bottom:-5px;width:4px;margin-left:-2px;border-radius:2px;background:var(--accent)}
        .scale{display:flex;justify-content:space-between;font-size:12px;color:var(--muted)}
        .note{font-size:14px;color:var(--muted)}
        .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin-top:14px}
        .facts div{padding:14px 18px}
        .facts b{display:block;font-size:23px;letter-spacing:-.015em;font-weight:650}
        .facts span{font-size:13px;color:var(--muted)}
        .curves{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(400px,100%),1fr));gap:14px}
        .curves>:only-child{max-width:560px}
        .curves+.card{margin-top:12px}
        .curves svg{width:100%;height:auto;background:var(--card);border:1px solid var(--rule);border-radius:14px}
        .wide{overflow-x:auto;padding:6px 4px}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}
        th{font-weight:550;font-size:14px;text-align:left;color:var(--muted)}
        th[scope=row]{color:var(--ink);min-width:84px;max-width:280px;overflow-wrap:anywhere}
        .plain{width:100%}
        .plain th,.plain td{padding:10px 9px;border-top:1px solid var(--rule)}
        .plain tr:first-child>*{border-top:0}
        .plain .n{text-align:right;white-space:nowrap;width:1%}
        .plain td:last-child:not(.n){min-width:150px}
        .matrix th,.matrix td{padding:6px}
        .matrix thead th{text-align:center;vertical-align:bottom;max-width:120px;overflow-wrap:anywhere}
        .matrix tbody th{text-align:right;padding-right:12px}
        .matrix{margin:0 auto}
        .matrix td{min-width:76px;height:56px;text-align:center;border:3px solid var(--card);border-radius:9px;\
        background:color-mix(in srgb,var(--tone) calc(var(--v)*100%),var(--wash))}
        .matrix td.hi{color:var(--card);font-weight:650}
        .matrix td.zero{color:var(--muted)}
        .axis{font-weight:400;font-size:12px}
        .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr));gap:14px;align-items:start}
        .pair>.card{padding:16px 12px}
        .meter{display:inline-block;vertical-align:middle;width:48px;height:6px;border-radius:3px;margin-right:10px;\
        background:linear-gradient(90deg,var(--accent) calc(var(--v)*100%),var(--wash) 0)}
        .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(206px,1fr));gap:14px}
        figure{margin:0;overflow:hidden;display:flex;flex-direction:column}
        figure img,figure .blank{display:block;width:100%;aspect-ratio:1;object-fit:cover;background:var(--wash)}
        figcaption{padding:12px 14px 14px;display:flex;flex-direction:column;flex:1}
        .says{font-weight:650;overflow-wrap:anywhere;line-height:1.3}
        .is{font-size:13px;color:var(--muted);overflow-wrap:anywhere;min-height:1.5em}
        .look{position:relative}
        .look .heat{position:absolute;inset:0;opacity:0;transition:opacity .15s}
        .heat-switch:checked~.grid .heat,.look:hover .heat{opacity:1}
        .heat-switch{accent-color:var(--accent);margin:0 8px 12px 0}
        .miss .says{color:var(--wrong)}
        .hit .says{color:var(--accent)}
        .bars{margin:8px 0 10px;display:grid;gap:5px;font-size:13px}
        .bars div{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 8px}
        .bars span{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
        .bars em{font-style:normal;font-variant-numeric:tabular-nums;color:var(--muted)}
        .bars i{grid-column:1/-1;height:4px;border-radius:2px;\
        background:linear-gradient(90deg,var(--tone,var(--muted)) calc(var(--v)*100%),var(--wash) 0)}
        .miss .bars div:first-child{--tone:var(--wrong)}
        .bars .true,.hit .bars div:first-child{--tone:var(--accent)!important}
        .file{margin-top:auto;font-size:12px;color:var(--muted);overflow-wrap:anywhere;line-height:1.35}
        details{padding:14px 18px}
        details+details{margin-top:12px}
        summary{cursor:pointer;font-weight:600}
        summary:focus-visible{outline:2px solid var(--accent);outline-offset:4px;border-radius:4px}
        ul{margin:10px 0 0;padding-left:20px;font-size:14px}
        li{overflow-wrap:anywhere;margin:3px 0}
        pre{margin:12px 0 0;overflow-x:auto;font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
        .facts-list{display:grid;grid-template-columns:minmax(120px,max-content) minmax(0,1fr);gap:7px 20px;margin:0;\
        padding:18px;font-size:14px}
        .facts-list dt{color:var(--muted)}
        .facts-list dd{margin:0;overflow-wrap:anywhere}
        footer{margin-top:52px;padding-top:16px;border-top:1px solid var(--rule);font-size:13px;color:var(--muted)}
        .keys{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin-top:20px;position:sticky;top:0;z-index:1;\
        padding:10px 0;background:var(--back)}
        button{font:inherit;font-size:14px;color:var(--ink);background:var(--card);border:1px solid var(--rule);\
        border-radius:8px;padding:6px 12px;cursor:pointer}
        kbd{font:600 12px ui-monospace,monospace;color:var(--muted)}
        figure:focus,button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
        .tabs{margin-top:26px}
        .tabs>input{position:absolute;opacity:0;pointer-events:none}
        .tabs>nav{display:flex;gap:4px;overflow-x:auto;border-bottom:1px solid var(--rule);position:sticky;top:0;z-index:2;\
        background:var(--back)}
        .tabs>nav>label{padding:10px 14px;cursor:pointer;color:var(--muted);border-bottom:3px solid transparent;\
        font-weight:600;white-space:nowrap;outline-offset:-3px;border-radius:6px 6px 0 0}
        .tabs>nav>label:hover{color:var(--ink)}
        .tabs>nav small{font-weight:500;font-variant-numeric:tabular-nums}
        .panel{display:none}
        .panel>section:first-of-type{margin-top:28px}
        .panel>.on-paper{display:none}
        .curves+.note,.wide+.note,.grid+.note{margin-top:12px}
        .suspects{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(440px,100%),1fr));gap:14px}
        .beside{display:grid;grid-template-columns:2fr 1fr;gap:2px}
        .beside>div{position:relative}
        .beside>div+div{display:grid;grid-template-rows:1fr 1fr;gap:2px}
        .beside div div{position:relative;overflow:hidden;min-height:0}
        .beside div div img,.beside div div .blank{position:absolute;inset:0;height:100%;aspect-ratio:auto}
        .beside span{position:absolute;left:0;right:0;bottom:0;padding:3px 8px;font-size:12px;color:#fff;\
        background:#000a;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
        .does{margin:2px 0 6px;font-size:13px;font-weight:650;overflow-wrap:anywhere}
        .does::before{content:"→ "}
        [data-action=keep] .does{color:var(--muted)}
        [data-action=move] .does{color:var(--accent)}
        [data-action=drop] .does{color:var(--wrong)}
        [data-action=drop] img{opacity:.45}
        .plan-keys{top:44px}
        @media (max-width:700px){main{padding:24px 16px 48px}h1{font-size:27px}.hero{grid-template-columns:minmax(0,1fr);\
        padding:22px 20px;gap:22px}.score{font-size:48px}.grid{grid-template-columns:repeat(auto-fill,minmax(148px,1fr));\
        gap:10px}.facts-list{grid-template-columns:minmax(0,1fr);gap:0}.facts-list dd{margin-bottom:8px}\
        .plain th,.plain td{padding:8px}.meter{display:none}}
        @media print{body{background:none}section,figure{break-inside:avoid}.tabs>nav,.keys{display:none}\
        .panel,.panel>.on-paper{display:block}}

        """
}
