/// A whole HTML page: nothing loaded from elsewhere, and no script but the page's own.
struct Page {
    let title: String
    let body: Markup
    /// For pages that a person works on.
    var script: Markup?

    var html: String {
        let allowed: Markup = script == nil ? "" : ";script-src 'unsafe-inline'"
        let code: Markup = script.map { "<script>\n\($0)</script>\n" } ?? ""
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width,initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none';img-src data:;style-src 'unsafe-inline'\(allowed)">
            <meta name="color-scheme" content="light dark">
            <title>\(title)</title>
            <style>
            \(Palette.variables(for: ":root"))\(Palette.figure)\(PageStyle.rules)\(Tabs.style)</style>
            </head>
            <body>
            <main>
            \(body)</main>
            \(code)</body>
            </html>

            """
        return page.text
    }

    /// A titled part of a page.
    static func section(_ title: String, _ lead: Markup? = nil, _ content: Markup) -> Markup {
        let lead: Markup = lead.map { "<p class=\"lead\">\($0)</p>\n" } ?? ""
        return "<section>\n<h2>\(title)</h2>\n\(lead)\(content)</section>\n"
    }

    /// The strip that says what the pictures are where they are not photographs.
    static func sampleStrip(_ text: String?) -> Markup {
        text.map { "<p class=\"strip\">\($0)</p>\n" } ?? ""
    }
}
