/// The page's files, which the program carries within it: nothing is read from a disk, and none comes from elsewhere.
enum PageFiles {
    struct File: Sendable {
        let type: String
        let bytes: [UInt8]
    }

    static let all: [String: File] = [
        "index.html": File(type: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        "style.css": File(type: "text/css; charset=utf-8", bytes: PackageResources.style_css),
        "icon.svg": File(type: "image/svg+xml", bytes: PackageResources.icon_svg),
        "app.js": script(PackageResources.app_js),
        "api.js": script(PackageResources.api_js),
        "card.js": script(PackageResources.card_js),
        "files.js": script(PackageResources.files_js),
        "learning.js": script(PackageResources.learning_js),
        "watch.html": File(type: "text/html; charset=utf-8", bytes: PackageResources.watch_html),
        "watch.js": script(PackageResources.watch_js),
    ]

    private static func script(_ bytes: [UInt8]) -> File {
        File(type: "text/javascript; charset=utf-8", bytes: bytes)
    }
}
