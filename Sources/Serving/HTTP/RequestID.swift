import Synchronization

/// Names of requests, in the log and in answers.
enum RequestID {
    private static let prefix = String(UInt32.random(in: 0...UInt32.max), radix: 36)
    private static let number = Atomic<Int>(0)

    /// One that no other request has.
    static func next() -> String { "\(prefix)-\(number.add(1, ordering: .relaxed).newValue)" }

    /// The client's own, if it is a harmless name.
    static func chosen(by client: String?) -> String {
        guard let client, (1...64).contains(client.utf8.count),
            client.utf8.allSatisfy({ byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == 0x2D || byte == 0x2E || byte == 0x5F
            })
        else { return next() }
        return client
    }
}
