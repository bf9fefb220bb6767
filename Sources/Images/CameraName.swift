/// What took a picture, as its file says.
package enum CameraName {
    /// The maker and the model, such as `Canon EOS 5D`; nil for a file that does not say, or is none of JPEG, PNG, WebP and
    /// TIFF. A maker that the model begins with is not repeated.
    package static func read(_ file: [UInt8]) -> String? {
        let reader = ByteReader(file)
        let exif: ArraySlice<UInt8>? =
            if file.starts(with: [0xFF, 0xD8]) {
                Metadata(jpeg: file).exif
            } else if file.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
                Metadata(png: file).exif
            } else if reader.has("RIFF"), reader.has("WEBP", at: 8) {
                Metadata(webp: file).exif
            } else {
                file[...]
            }
        guard let directory = exif.flatMap({ TIFFDirectory($0) }) else { return nil }
        let maker = directory.text(0x010F), model = directory.text(0x0110)
        guard let maker, let model else { return model ?? maker }
        return model.lowercased().hasPrefix(maker.lowercased()) ? model : "\(maker) \(model)"
    }
}
