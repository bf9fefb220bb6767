public import Zoo

/// A file on its way to pixels, as the reader of its format sees it.
public struct PictureFile: Sendable {
    /// The whole file.
    public let bytes: [UInt8]
    /// For errors only.
    public let name: String
    /// What the file may ask for.
    public let limits: ImageLimits
    /// The pixels that are needed of the shorter side, for formats that can be had smaller at less cost; nil for all.
    public let shortSide: Int?
    /// The name of the format, for errors.
    let format: String

    /// - Throws: `GraftError.tooLarge` for a picture that the limits do not allow, `GraftError.damaged` for one without
    ///   pixels.
    public func check(width: Int, height: Int) throws(GraftError) {
        try limits.check(width: width, height: height, name: name)
    }

    /// The file ends before the picture does.
    public func truncated() -> GraftError {
        GraftError(.truncated, "the \(format) file is cut off", file: name, remedy: "get a complete copy of it")
    }

    /// The file contradicts its format; `found` says how.
    public func damaged(_ found: String) -> GraftError {
        GraftError(
            .damaged, "the \(format) file is damaged", file: name, found: found, remedy: "get another copy of it")
    }

    /// A valid file of a kind that is not read; `found` names it.
    public func unsupported(_ found: String) -> GraftError {
        GraftError(
            .unsupported, "a kind of \(format) that is not read", file: name, found: found,
            remedy: "convert it first")
    }
}
