/// Text of bytes whose encoding nobody states: UTF-8 when they are that, windows-1251 otherwise.
package func receivedText(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) {
        return text
    }
    var text = ""
    for byte in bytes {
        text.unicodeScalars.append(byte < 0x80 ? Unicode.Scalar(byte) : windows1251[Int(byte) - 0x80])
    }
    return text
}

/// The upper half of windows-1251; its one unassigned byte, 0x98, is the control character of that number (WHATWG).
private let windows1251: [Unicode.Scalar] = Array(
    ("ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\u{98}™љ›њќћџ\u{A0}ЎўЈ¤Ґ¦§Ё©Є«¬\u{AD}®Ї°±Ііґµ¶·ё№є»јЅѕї"
        + "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюя").unicodeScalars
)
