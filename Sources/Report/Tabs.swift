/// Parts of a page of which one is shown at a time, chosen by radio buttons: it takes no script, the arrow keys move between
/// them, and on paper all are there.
struct Tabs {
    /// One part.
    struct Tab {
        let name: String
        /// A number beside the name.
        var count: Int?
        let content: Markup
    }

    let tabs: [Tab]
    /// The place of the one that is shown first.
    let first: Int

    static let most = 8

    var markup: Markup {
        let inputs: [Markup] = tabs.enumerated().map { index, _ in
            "<input type=\"radio\" name=\"tab\" id=\"tab-\(index)\"\(index == first ? Markup(" checked") : Markup(""))>\n"
        }
        let labels: [Markup] = tabs.enumerated().map { index, tab in
            let count: Markup = tab.count.map { " <small>\($0)</small>" } ?? ""
            return "<label for=\"tab-\(index)\">\(tab.name)\(count)</label>\n"
        }
        let panels: [Markup] = tabs.map {
            "<div class=\"panel\"><h2 class=\"on-paper\">\($0.name)</h2>\n\($0.content)</div>\n"
        }
        return "<div class=\"tabs\">\n\(inputs)<nav>\n\(labels)</nav>\n\(panels)</div>\n"
    }

    /// The rules that show what is chosen.
    static let style: Markup = {
        var rules: Markup = ""
        for place in 1...most {
            rules += """
                .tabs>input:nth-of-type(\(place)):checked~.panel:nth-of-type(\(place)){display:block}
                .tabs>input:nth-of-type(\(place)):checked~nav>label:nth-of-type(\(place)){color:var(--ink);\
                border-color:var(--accent)}
                .tabs>input:nth-of-type(\(place)):focus-visible~nav>label:nth-of-type(\(place)){\
                outline:2px solid var(--accent)}

                """
        }
        return rules
    }()
}
