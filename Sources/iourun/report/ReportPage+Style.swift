extension ReportPage {
    /// The colours of classes are those of Okabe and Ito, which colour-blind readers tell apart.
    static let style: HTML = """
        :root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#5b6570;--line:#dfe3e8;\
        --fine:#e8ebef;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b8578f;--c4:#b87f00;--c5:#2f93cc;--c6:#6b5b95;\
        --good:#00875f;--bad:#d03a00;--off:#c28400;--one:#9aa4af;--light:38%}
        @media(prefers-color-scheme:dark){:root{--page:#101317;--card:#181c22;--ink:#e6e9ed;--soft:#9aa5b1;--line:#2d343d;\
        --fine:#262c34;--c0:#58aee8;--c1:#ff8a3d;--c2:#2cc79a;--c3:#e58bbf;--c4:#f0b840;--c5:#8fd0f7;--c6:#b3a1e6;\
        --good:#2cc79a;--bad:#ff7a4d;--off:#f0b840;--one:#5d6873;--light:66%}}
        *{box-sizing:border-box}
        html{scroll-padding-top:3.5rem}
        body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
        "DejaVu Sans",sans-serif}
        header,main,footer{max-width:1180px;margin:0 auto;padding:0 20px}
        header{padding-top:28px}
        h1{font-size:1.7rem;line-height:1.2;margin:0 0 12px;overflow-wrap:anywhere}
        h2{font-size:1.2rem;margin:0 0 8px}
        p{margin:0 0 12px;max-width:80ch}
        code{font:.9em ui-monospace,"DejaVu Sans Mono",monospace;background:var(--fine);padding:.1em .35em;border-radius:4px;\
        overflow-wrap:anywhere}
        bdi{overflow-wrap:anywhere}
        .facts{display:flex;flex-wrap:wrap;gap:4px 24px;margin:0 0 16px}
        .facts div{display:flex;gap:6px;min-width:0}
        dt,.note,.none,footer,small{color:var(--soft)}
        dd{margin:0;min-width:0}
        .cards{list-style:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(120px,1fr));gap:12px;margin:0 0 20px;\
        padding:0}
        .cards li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 14px}
        .cards span{display:block;color:var(--soft);font-size:.85rem}
        .cards b{font-size:1.5rem;font-variant-numeric:tabular-nums}
        nav{position:sticky;top:0;z-index:3;background:var(--page);border-bottom:1px solid var(--line)}
        nav ul{list-style:none;display:flex;gap:4px 18px;margin:0 auto;padding:10px 20px;max-width:1180px;overflow-x:auto;\
        white-space:nowrap;scrollbar-width:thin}
        a{color:var(--c0)}
        nav a{text-decoration:none}
        a:focus-visible,.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
        nav a:hover{text-decoration:underline}
        section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px;margin:18px 0}
        footer{padding-bottom:28px;font-size:.85rem}
        .scroll{overflow:auto;max-height:75vh;border-radius:6px}
        table{border-collapse:separate;border-spacing:0;font-variant-numeric:tabular-nums;font-size:.9rem}
        th,td{padding:4px 10px;text-align:right;border-bottom:1px solid var(--fine);white-space:nowrap}
        th{font-weight:600}
        thead th,thead td{position:sticky;top:0;background:var(--card);border-bottom:1px solid var(--line);z-index:1}
        tr>:first-child{text-align:left;position:sticky;left:0;background:var(--card);z-index:1}
        thead tr>:first-child{z-index:2}
        tbody tr:hover>*{background:var(--fine)}
        th bdi{display:inline-block;max-width:22ch;white-space:normal;overflow-wrap:break-word;vertical-align:top}
        th.text,td.text{text-align:left;white-space:normal;min-width:9ch}
        .bars{width:100%}
        .bars td.bar{width:34%;min-width:120px}
        .bar span{display:block;height:12px;border-radius:3px;background:var(--c1);min-width:1px}
        .bars tbody+tbody .bar span{background:var(--c0)}
        .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:18px}
        .figures.three{grid-template-columns:repeat(auto-fit,minmax(min(100%,320px),1fr))}
        .figures>*{min-width:0}
        figure{margin:0;min-width:0}
        figcaption{font-weight:600;margin-bottom:4px}
        svg{display:block;width:100%;height:auto}
        svg text{fill:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
        .three svg text{font-size:17px}
        .three svg .axis{font-size:18px}
        svg .axis{fill:var(--ink);font-size:13px}
        .grid{stroke:var(--fine);fill:none}
        .line{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}
        .line:hover{stroke-width:3.5}
        .dot{fill:currentColor;stroke:var(--card);stroke-width:1}
        .block{fill:currentColor}
        .one{color:var(--one);stroke-width:1}
        .all{color:var(--ink);stroke-width:2.8}
        .mark{color:var(--soft);stroke-dasharray:5 4}
        .c0{color:var(--c0)}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}\
        .c5{color:var(--c5)}.c6{color:var(--c6)}
        \(ramp)
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:6px 0 0;padding:0;font-size:.88rem}
        .legend li{display:flex;align-items:center;gap:6px;min-width:0}
        .swatch{flex:none;width:18px;height:4px;border-radius:2px;background:currentColor}
        .swatch.mark{background:none;border-top:2px dashed currentColor;height:0;border-radius:0}
        .mistakes{margin:0 0 12px;padding-left:1.6em;columns:2 24ch}
        summary{cursor:pointer;margin:0 0 10px}
        .matrix td,.matrix th{border:1px solid var(--fine)}
        .matrix td{min-width:52px;text-align:center}\
        .matrix tbody td{background:color-mix(in srgb,var(--tint,var(--card)) var(--s,0%),var(--card))}
        .matrix .right{--tint:var(--c0)}
        .matrix .wrong{--tint:var(--c1)}
        .matrix .full{color:#fff;font-weight:600}
        .matrix tbody tr:hover>td{background:color-mix(in srgb,var(--tint,var(--fine)) var(--s,100%),var(--card))}
        .matrix thead th{text-align:center}
        .matrix.many td{min-width:34px;padding:3px 4px;font-size:.8rem}
        .matrix.many thead th span{writing-mode:vertical-rl;max-height:16ch;overflow:hidden}
        .matrix.many thead th{vertical-align:bottom;text-align:left;padding:4px}
        .pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:16px;margin-top:12px}
        .pictures svg{max-height:75vh;border-radius:6px;background:var(--fine)}
        .pictures figcaption{font-weight:400;font-size:.88rem;margin-top:4px}
        .box rect{fill:transparent;stroke:currentColor;stroke-width:2;vector-effect:non-scaling-stroke}
        .box text{fill:#fff;stroke:#000;stroke-width:.22em;paint-order:stroke;font-size:inherit;stroke-linejoin:round}
        .box.right{color:#17c58f}.box.right rect{stroke-width:1.4}
        .box.wrong{color:#ff4d1f}.box.off{color:#ffc024}
        .box.gone{color:#fff}.box.gone rect{stroke-dasharray:6 4;filter:drop-shadow(0 0 1px #000)}
        .swatch.box{height:12px;background:none;border:2px solid currentColor}
        .swatch.box.gone{border-style:dashed;color:var(--ink)}
        .box:hover rect{stroke-width:4}
        @media(prefers-color-scheme:dark){.matrix .full{color:#0b0d10}}
        @media(max-width:600px){header,main{padding-left:12px;padding-right:12px}section{padding:14px 12px}\
        .facts{flex-direction:column}h1{font-size:1.35rem}th,td{padding:4px 7px}\
        .bars tr>:nth-child(3){display:none}.bars td.bar{min-width:70px}.three svg text,svg text{font-size:18px}\
        .three svg .axis,svg .axis{font-size:19px}th bdi{max-width:16ch}}
        @media print{nav{display:none}.scroll{max-height:none;overflow:visible}section{break-inside:avoid}}
        """

    /// IoU thresholds around the circle of colours, in order.
    private static var ramp: HTML {
        let rules = (0..<10).map { step -> HTML in
            ".r\(step){color:hsl(\(285 - step * 28) 70% var(--light))}"
        }
        return "\(rules)"
    }
}
