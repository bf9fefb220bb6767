/// The page's files, which the program carries within it: nothing is read from a disk, and none comes from elsewhere.
enum PageFiles {
    struct File: Sendable {
        let type: String
        let bytes: [UInt8]
    }

    static let all: [String: File] = [
        "index.html": File(type: "text/html; charset=utf-8", bytes: PackageResources.index_html)
    ]
}
