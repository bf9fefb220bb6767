/// Messages of bytes between ranks. Those from one rank to another with the same tag arrive in the order in which they were
/// sent.
package protocol Transport: Sendable {
    /// This process's number, from 0.
    var rank: Int { get }
    /// How many there are.
    var count: Int { get }

    /// Starts to send. The memory may not be changed before `wait` has returned.
    func send(_ bytes: UnsafeRawBufferPointer, to rank: Int) -> Message
    /// Starts to receive: exactly as many bytes as are sent.
    func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int) -> Message
    /// Waits until a message has gone or come.
    func wait(_ message: Message)
}

/// A message under way, by a number of its transport.
package struct Message: Sendable {
    package let id: Int
    /// Whom it goes to or comes from.
    package let peer: Int

    package init(id: Int, peer: Int) {
        self.id = id
        self.peer = peer
    }
}
