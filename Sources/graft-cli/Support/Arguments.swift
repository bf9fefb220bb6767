import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The command line by its bytes: `CommandLine.arguments` repairs what is not UTF-8, and the names of files with it.
enum Arguments {
    /// What follows the program's name.
    static var all: [String] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            CommandLine.unsafeArgv[index].map {
                FileName.text(UnsafeRawBufferPointer(start: $0, count: strlen($0)))
            }
        }
    }
}
