import Images
import TestSupport
import Testing
import Zoo

@Suite struct AugmentationTests {
    private let preprocessing = Preprocessing.imageNet(resize: 36, crop: 32, interpolation: .bicubic)

    private func parse(_ value: OptionValue?) throws(GraftError) -> Augmentation {
        var options = Options(value.map { ["augment": $0] } ?? [:], path: "data")
        let result = try Augmentation(options: &options, key: "augment")
        try options.finish()
        return result
    }

    private func message(_ value: OptionValue) -> String {
        do {
            return "\(try parse(value))"
        } catch {
            return error.description
        }
    }

    @Test func nothingIsThePlainPreprocessing() throws {
        let picture = try fixture("resizing/257x301.png")
        #expect(Augmentation().isEmpty)
        var row = [Float](repeating: .nan, count: 32 * 32 * 3)
        try row.withUnsafeMutableBufferPointer { row in
            try Augmentation().write(
                picture, preprocessing: preprocessing, seed: 1, epoch: 1, index: 1, into: row)
        }
        #expect(row == (try preprocessing.tensor(of: picture).elements))
        let shown = try Augmentation().picture(picture, preprocessing: preprocessing, seed: 1, epoch: 1, index: 1)
        #expect(shown == (try preprocessing.crop(of: picture)))
    }

    /// The picture for people is what the network gets, but for the rounding of the hole's mean colour.
    @Test func theShownPictureIsTheOneWritten() throws {
        let picture = try fixture("resizing/257x301.png")
        var augmentation = Augmentation.strong
        augmentation.erasing = 1
        var row = [Float](repeating: .nan, count: 32 * 32 * 3)
        try row.withUnsafeMutableBufferPointer { row in
            try augmentation.write(picture, preprocessing: preprocessing, seed: 3, epoch: 2, index: 7, into: row)
        }
        let shown = try augmentation.picture(picture, preprocessing: preprocessing, seed: 3, epoch: 2, index: 7)
        var holes = 0
        for index in row.indices {
            let channel = index % 3
            let value = Float(shown.pixels[index]) / 255
            let expected = (value - preprocessing.mean[channel]) / preprocessing.std[channel]
            if row[index] == 0 { holes += 1 }
            #expect(row[index] == expected || row[index] == 0 && abs(expected) < 0.01)
        }
        #expect(holes > 3 * 20)
    }

    @Test func everythingCanBeRead() throws {
        let augmentation = try parse(
            .map([
                "crop": .map([
                    "scale": .list([.number(0.5), .number(0.9)]), "ratio": .list([.number(0.5), .number(2)]),
                ]),
                "flip": .number(0.25), "vertical_flip": .number(0.125), "rotation": .number(15),
                "jitter": .map([
                    "brightness": .number(0.4), "contrast": .number(0.3), "saturation": .number(0.2),
                    "hue": .number(0.1),
                ]),
                "erasing": .number(0.75), "interpolation": .string("nearest"),
            ]))
        #expect(augmentation.crop?.scale == 0.5...0.9)
        #expect(augmentation.crop?.ratio == 0.5...2)
        #expect((augmentation.flip, augmentation.verticalFlip) == (0.25, 0.125))
        #expect((augmentation.rotation, augmentation.erasing) == (15, 0.75))
        #expect((augmentation.jitter.brightness, augmentation.jitter.contrast) == (0.4, 0.3))
        #expect((augmentation.jitter.saturation, augmentation.jitter.hue) == (0.2, 0.1))
        #expect(augmentation.warping == .nearest)
        #expect(augmentation.policy == nil)
        #expect(!augmentation.isEmpty)
    }

    @Test func presets() throws {
        #expect(try parse(nil).isEmpty)
        #expect(try parse(.string("none")).isEmpty)
        #expect(try parse(.bool(false)).isEmpty)
        #expect(try parse(.string("light")) == .light)
        #expect(try parse(.map(["preset": .string("strong")])) == .strong)
        var changed = Augmentation.strong
        changed.flip = 0
        changed.crop = nil
        changed.policy = nil
        #expect(
            try parse(
                .map([
                    "preset": .string("strong"), "flip": .number(0), "crop": .bool(false), "policy": .string("none"),
                ])) == changed)
        var wide = Augmentation.light
        wide.crop?.ratio = 1...2
        #expect(
            try parse(
                .map(["preset": .string("light"), "crop": .map(["ratio": .list([.number(1), .number(2)])])])) == wide)
        #expect(try parse(.map(["crop": .bool(true)])).crop == Augmentation.Crop())
    }

    @Test func mistakes() {
        #expect(
            message(.string("strnog")) == "data.augment: unknown value 'strnog'; did you mean 'strong'?")
        #expect(
            message(.number(3))
                == "data.augment: wrong value: expected none, light, strong or a map of transforms, found 3")
        #expect(
            message(.map(["rotatoin": .number(3)]))
                == "unknown key 'data.augment.rotatoin'; did you mean 'data.augment.rotation'?")
        #expect(
            message(.map(["flip": .number(2)]))
                == "data.augment.flip: wrong value: expected a number from 0 to 1, found 2")
        #expect(
            message(.map(["crop": .map(["scale": .list([.number(0.9), .number(0.5)])])]))
                == "data.augment.crop.scale: wrong value: expected two numbers from 0.0001 to 1, the lower one first, "
                + "found [0.9, 0.5]")
        #expect(
            message(.map(["crop": .number(0.5)]))
                == "data.augment.crop: wrong value: expected true, false or a map with scale and ratio, found 0.5")
        #expect(
            message(.map(["policy": .string("trivial_augment")]))
                == "data.augment.policy: unknown value 'trivial_augment'; did you mean 'trivial_augment_wide'?")
        #expect(
            message(.map(["preset": .string("strong"), "jitter": .map(["hue": .number(0.1)])]))
                == "data.augment.jitter: a policy changes colours itself; leave out jitter, or set "
                + "data.augment.policy: none")
    }

    @Test func impossibleValuesFromCode() throws {
        let picture = try fixture("resizing/1x1.png")
        var augmentation = Augmentation.light
        augmentation.crop?.ratio = -1...1
        func message() -> String? {
            #expect(throws: GraftError.self) {
                try augmentation.picture(picture, preprocessing: preprocessing, seed: 1, epoch: 1, index: 1)
            }?.description
        }
        #expect(message() == "data.augment.crop.ratio: impossible augmentation: expected finite numbers above 0")
        augmentation = Augmentation()
        augmentation.rotation = .infinity
        #expect(message() == "data.augment.rotation: impossible augmentation: expected 0 to 180")
    }
}
