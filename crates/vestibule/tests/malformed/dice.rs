//! Chance, from a seed: the same draws each time.

/// What is drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

/// What programs have stumbled over.
const NASTY: &[&[u8]] = &[
    b"",
    b" ",
    b"\t",
    b"%00",
    b"%0d%0aset-cookie:%20a=b",
    b"%ff%fe",
    b"%c0%af",
    b"%",
    b"%zz",
    b"%25%32%66",
    b"..%2f..%2f",
    b"/../../",
    b"//evil.example",
    b"/\\evil.example",
    b"https://evil.example/",
    b"javascript:alert(1)",
    b"data:text/html,x",
    b"\xff\xfe\xfd",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    "\u{202e}\u{feff}\u{0}".as_bytes(),
    "ſ\u{130}K".as_bytes(),
    b"\x1b[31m",
    b"null",
    b"true",
    b"{}",
    b"[[[[[[[[",
    b"{\"alg\":\"none\"}",
    b"eyJhbGciOiJub25lIn0.e30.",
    b"....",
    b"a.b.c",
    b"a.b.c.d.e",
    b"-1",
    b"0",
    b"1e999",
    b"18446744073709551616",
    b"9223372036854775807",
    b"<script>alert(1)</script>",
    b"\"'`;--",
    b"${jndi:ldap://evil.example}",
    b"{{7*7}}",
    b"=",
    b"==",
    b"&",
    b"&&&;;;",
    b"#",
    b"?",
    b"@",
    b"\x7f",
];

impl Dice {
    /// Dice of one family and lane.
    pub(crate) fn new(seed: u64, family: u64, lane: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ family.rotate_left(17) ^ lane.rotate_left(43))
    }

    /// SplitMix64.
    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a length");
        usize::try_from(self.draw() % end).expect("less than a length")
    }

    /// Once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }

    /// Bytes of any kind.
    pub(crate) fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.draw().to_le_bytes()[0]).collect()
    }

    /// Letters of base64url.
    pub(crate) fn letters(&mut self, count: usize) -> Vec<u8> {
        const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..count).map(|_| self.pick(LETTERS)).collect()
    }

    /// Something that programs have stumbled over, sometimes very long.
    pub(crate) fn nasty(&mut self) -> Vec<u8> {
        match self.below(12) {
            0 => self.bytes(64),
            1 => {
                let count = 1 << self.below(13);
                let piece = self.pick(NASTY);
                piece.repeat(count / piece.len().max(1))
            }
            2 => {
                let count = self.below(600);
                self.letters(count)
            }
            3 => [self.pick(NASTY), self.pick(NASTY)].concat(),
            _ => self.pick(NASTY).to_vec(),
        }
    }

    /// The same, otherwise in one to three places. It never is the same.
    pub(crate) fn mangled(&mut self, original: &[u8]) -> Vec<u8> {
        let mut bytes = original.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len() + 1);
            match self.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => drop(bytes.remove(at)),
                2 => bytes.truncate(at),
                3 => {
                    let piece = self.nasty();
                    bytes.splice(at..at, piece);
                }
                4 => bytes.insert(at, self.draw().to_le_bytes()[0]),
                5 => bytes.extend_from_within(..at),
                _ => {
                    let piece = self.letters(3);
                    bytes.splice(at..at, piece);
                }
            }
        }
        if bytes == original {
            bytes.push(b'x');
        }
        bytes
    }

    /// A sealed value with up to three bits changed, and of the same letters as before.
    pub(crate) fn flipped(&mut self, sealed: &str) -> String {
        let mut letters = sealed.as_bytes().to_vec();
        for _ in 0..=self.below(3) {
            let (at, other) = (self.below(letters.len()), self.letters(1));
            letters[at] = other[0];
        }
        let flipped = String::from_utf8(letters).expect("letters of base64url");
        if flipped == sealed { format!("{flipped}A") } else { flipped }
    }
}
