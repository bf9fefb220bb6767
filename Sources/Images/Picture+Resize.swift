import CImage
public import Zoo

extension Picture {
    /// The picture in another size, with antialiasing: to the bit what Pillow's `resize` gives.
    ///
    /// - Parameters:
    ///   - width: columns of the result, 1 to 65,500.
    ///   - height: rows of the result, 1 to 65,500.
    /// - Throws: `ImageError.invalidRequest` for a size of zero, or one that takes more memory than the default limits
    ///   allow.
    public func resized(
        width: Int, height: Int, interpolation: Preprocessing.Interpolation = .bicubic
    ) throws(ImageError) -> Picture {
        let limits = ImageLimits()
        guard (1...limits.side).contains(width), (1...limits.side).contains(height) else {
            throw ImageError(
                .invalidRequest, "impossible size", expected: "1 to \(limits.side) columns and rows",
                found: "\(width)x\(height)")
        }
        // Between the two passes the picture has the new width and the old height.
        guard width * max(height, self.height) <= limits.pixels else {
            throw ImageError(
                .invalidRequest, "impossible size", expected: "at most \(limits.pixels) pixels on the way",
                found: "\(width)x\(max(height, self.height))")
        }
        return resized(
            ResamplingAxis(input: self.width, output: width, range: 0..<width, filter: interpolation),
            ResamplingAxis(input: self.height, output: height, range: 0..<height, filter: interpolation))
    }

    /// A small version whose longer side has at most `longSide` pixels; the picture itself where it is no larger.
    ///
    /// - Throws: `ImageError.invalidRequest` for a side below 1.
    public func thumbnail(longSide: Int) throws(ImageError) -> Picture {
        let long = max(width, height)
        guard long > longSide || longSide < 1 else { return self }
        func scaled(_ side: Int) -> Int { max(1, (side * longSide + long / 2) / long) }
        return try resized(
            width: width == long ? longSide : scaled(width), height: height == long ? longSide : scaled(height))
    }

    /// The outputs of two axes made for this picture's size.
    func resized(_ columns: ResamplingAxis, _ rows: ResamplingAxis) -> Picture {
        let lastRow = pixels.suffix(width * 3) + [0]
        let size = columns.starts.count * rows.starts.count * 3
        let between = graft_image_between_size(rows.inputs.count, columns.starts.count)
        let result = [UInt8](unsafeUninitializedCapacity: size) { target, count in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: between) { between in
                columns.withCAxis { columns in
                    rows.withCAxis { lines in
                        withUnsafePointer(to: columns) { columns in
                            withUnsafePointer(to: lines) { lines in
                                lastRow.withUnsafeBufferPointer { lastRow in
                                    graft_image_resample(
                                        pixels, width, height, lastRow.baseAddress, rows.inputs.lowerBound,
                                        rows.inputs.count, columns, lines, between.baseAddress, target.baseAddress)
                                }
                            }
                        }
                    }
                }
            }
            count = size
        }
        return Picture(checkedWidth: columns.starts.count, height: rows.starts.count, pixels: result)
    }
}

extension ResamplingAxis {
    fileprivate func withCAxis(_ body: (graft_image_axis) -> Void) {
        starts.withUnsafeBufferPointer { starts in
            counts.withUnsafeBufferPointer { counts in
                weights.withUnsafeBufferPointer { weights in
                    body(
                        graft_image_axis(
                            starts: starts.baseAddress, counts: counts.baseAddress, weights: weights.baseAddress,
                            outputs: starts.count, capacity: capacity))
                }
            }
        }
    }
}
