/// The colours of reports, for light and dark surroundings, and the style of figures.
enum Palette {
    private static let light = """
        --back:#f6f5f1;--card:#fffefb;--ink:#20242a;--muted:#686e76;--rule:#e3e0d8;--accent:#0d7a72;--second:#c07f2c;\
        --wrong:#bf4438;--wash:#ecebe5;
        """
    private static let dark = """
        --back:#14171a;--card:#1c2024;--ink:#e8e6e1;--muted:#9ba1a8;--rule:#2e3339;--accent:#56c2b6;--second:#e0a758;\
        --wrong:#f0857a;--wash:#262b30;
        """

    /// The variables on an element, dark where the viewer prefers dark.
    static func variables(for selector: String) -> Markup {
        """
        \(selector){color-scheme:light dark;\(light)}
        @media (prefers-color-scheme:dark){\(selector){\(dark)}}

        """
    }

    static let figure: Markup = """
        .gf-back{fill:var(--card)}
        .gf-title{font:600 15px system-ui,sans-serif;fill:var(--ink)}
        .gf-label{font:12px system-ui,sans-serif;fill:var(--muted)}
        .gf-end{text-anchor:end}.gf-mid{text-anchor:middle}
        .gf-grid{stroke:var(--rule);stroke-width:1}
        .gf-axis{stroke:var(--muted);stroke-width:1}
        .gf-kept{stroke:var(--muted);stroke-width:1;stroke-dasharray:3 4}
        .gf-line{fill:none;stroke-width:2.25;stroke-linejoin:round;stroke-linecap:round}
        .gf-train{stroke:var(--second)}.gf-test{stroke:var(--accent)}
        .gf-dot{stroke-width:2;fill:var(--card)}

        """
}
