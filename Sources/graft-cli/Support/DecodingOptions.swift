import ArgumentParser
import Training

/// `--fast-decode`, of the commands that use a trained model.
struct DecodingOptions: ParsableArguments {
    @Flag(help: "Decode large JPEG files at a half, a quarter or an eighth of their size.")
    var fastDecode = false

    var decoding: PictureDecoding { fastDecode ? .fast : .exact }
}
