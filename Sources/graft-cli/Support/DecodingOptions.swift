import ArgumentParser
import Inference

/// `--fast-decode`, of the commands that use a trained model.
struct DecodingOptions: ParsableArguments {
    @Flag(
        help: """
            Decode JPEG files at a half, a quarter or an eighth of their size where that leaves twice the pixels that the \
            network's preprocessing asks for. Large photos take less than half as long to prepare; probabilities change \
            by about 0.002, rarely by more than 0.02, so a close call may go the other way. Off by default.
            """)
    var fastDecode = false

    var decoding: PictureDecoding { fastDecode ? .fast : .exact }
}
