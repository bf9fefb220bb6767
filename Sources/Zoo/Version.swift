/// The release that this code is.
public enum Version {
    /// Semantic version, also written into model files.
    public static let current = "0.1.0"
}
