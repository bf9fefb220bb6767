/// What is done to a training picture at random, one draw for each (epoch, image).
///
/// The steps are in the order of torchvision's training recipe: a part of the picture resized, mirrored, turned, changed
/// in colour, normalised, and a rectangle erased.
public struct Augmentation: Sendable, Hashable {
    /// Which part of a picture is cut out (torchvision's `RandomResizedCrop`).
    public struct Crop: Sendable, Hashable {
        /// The part's share of the picture's area, within 0 to 1.
        public var scale = 0.08...1.0
        /// The part's width divided by its height, all ratios alike.
        public var ratio = 3.0 / 4...4.0 / 3

        /// torchvision's defaults.
        public init() {}
    }

    /// A set of changes known by name.
    public enum Policy: String, Sendable, Hashable, CaseIterable {
        /// One of 14 changes, at one of 31 strengths (arXiv:2103.10158).
        case trivialAugmentWide = "trivial_augment_wide"
    }

    /// Nil for the picture's centre, as in prediction.
    public var crop: Crop?
    /// The probability of exchanging left and right.
    public var flip = 0.0
    /// The probability of exchanging top and bottom.
    public var verticalFlip = 0.0
    /// The picture is turned by at most this many degrees either way, 0 to 180.
    public var rotation = 0.0
    /// Nil for none.
    public var policy: Policy?
    /// Changes of colour.
    public var jitter = ColorJitter()
    /// The probability of erasing a rectangle (torchvision's `RandomErasing`).
    public var erasing = 0.0
    /// How turned and sheared pictures are made.
    public var warping = Picture.Warping.bilinear

    /// Nothing random.
    public init() {}

    /// Whether nothing is random.
    public var isEmpty: Bool {
        crop == nil && flip == 0 && verticalFlip == 0 && rotation == 0 && policy == nil && jitter.isEmpty
            && erasing == 0
    }
}

extension Augmentation {
    /// Changes that keep a photograph a likely photograph: most of it, mirrored or not.
    public static var light: Augmentation {
        var result = Augmentation()
        result.crop = Crop()
        result.crop?.scale = 0.6...1
        result.flip = 0.5
        return result
    }

    /// torchvision's recipe for its newest weights: any part of a picture, mirrored or not, TrivialAugment, and one picture
    /// in ten with a hole.
    public static var strong: Augmentation {
        var result = Augmentation()
        result.crop = Crop()
        result.flip = 0.5
        result.policy = .trivialAugmentWide
        result.erasing = 0.1
        return result
    }
}
