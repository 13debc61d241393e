extension Collection<UInt8> {
    /// Lines of text, which end with LF, CR or CRLF.
    var lines: [SubSequence] {
        var lines: [SubSequence] = []
        var (start, place) = (startIndex, startIndex)
        while place != endIndex {
            let byte = self[place]
            guard byte == 0x0A || byte == 0x0D else {
                formIndex(after: &place)
                continue
            }
            lines.append(self[start..<place])
            formIndex(after: &place)
            if byte == 0x0D, place != endIndex, self[place] == 0x0A { formIndex(after: &place) }
            start = place
        }
        lines.append(self[start...])
        return lines
    }
}
