//! Texts that would lead away, if somebody let them: what is known of filters that were passed, put together at random, always in the
//! same order. The tests before a browser use this file too.

/// Payloads without an end.
#[derive(Debug)]
pub(super) struct Payloads {
    state: u64,
}

const SLASHES: [&str; 44] = [
    "",
    "/",
    "//",
    "///",
    "////",
    "/\\",
    "\\/",
    "\\\\",
    "/\\/",
    "/./",
    "/.//",
    "/..//",
    "/../",
    "/..;/",
    "/;//",
    "/%2e//",
    "/%2e%2e//",
    "/x/..//",
    "/x/%2e%2e//",
    "/%2f",
    "/%2f/",
    "/%5c",
    "%2f%2f",
    "/%252f",
    "/%09/",
    "/%00/",
    "/\t/",
    "/\n/",
    "/\r/",
    "/\r\n/",
    "/\0/",
    "/\u{b}/",
    "/\u{7f}/",
    "/ /",
    "/\u{a0}/",
    "/\u{200b}/",
    "/\u{200e}/",
    "/\u{feff}/",
    "/\u{202e}/",
    "/\u{ad}/",
    "/\u{ff0f}",
    "\u{ff0f}\u{ff0f}",
    "/\u{2215}/",
    "/\u{ff3c}",
];

const SCHEMES: [&str; 26] = [
    "",
    "",
    "",
    "",
    "",
    "",
    "http:",
    "https:",
    "HtTpS:",
    "https:/",
    "https://",
    "http://",
    "javascript:",
    "java\tscript:",
    "JAVASCRIPT://%0a",
    "data:text/html,",
    "vbscript:",
    "file:///",
    "ftp://",
    "blob:https://",
    "about:blank#",
    "ws://",
    "view-source:",
    "\u{1}https://",
    " https://",
    "x-app:",
];

const USERS: [&str; 10] =
    ["", "", "", "", "", "@", "app.example.com@", "user:pass@", "app.example.com:443@", "app.example.com%40"];

const HOSTS: [&str; 34] = [
    "evil.example",
    "evil.example",
    "EVIL.example",
    "evil.example.",
    "evil.example:80",
    "evil.example:443",
    "evil.example:0443",
    "evil.example:",
    "app.example.com.evil.example",
    "app.example.com",
    "app.example.com:8443",
    "evilapp.example.com",
    "127.0.0.1:9",
    "0x7f.1",
    "2130706433",
    "[::1]",
    "[::ffff:7f00:1]",
    "[",
    "\u{ff45}vil.example",
    "evil\u{3002}example",
    "evil\u{ff0e}example",
    "\u{435}vil.example",
    "xn--vil-2oa.example",
    "stra\u{df}e.example",
    "\u{202e}elpmaxe.live",
    "evil%2eexample",
    "evil.example%00.app.example.com",
    "evil.example\\.app.example.com",
    "a b",
    "",
    ".",
    "..",
    "%",
    "%zz",
];

const TAILS: [&str; 24] = [
    "",
    "",
    "",
    "/",
    "/..",
    "/../..//evil.example",
    "/%2e%2e/%2e%2e//evil.example",
    "?next=//evil.example",
    "#//evil.example",
    "?#",
    ";@evil.example",
    "/%0d%0aLocation:%20//evil.example",
    "\r\nLocation: //evil.example",
    "/\u{e9}",
    "/%c0%af",
    "/%u2215",
    "/&#47;evil.example",
    "/\\u002fevil.example",
    "?a[]=b&c={d}|e^f`g",
    "\"><script>",
    "/auth/login?return_to=//evil.example",
    "/a/b/../../..//evil.example",
    "/.%2e/",
    "%",
];

/// What is slipped in somewhere.
const NOISE: [char; 22] = [
    '\t', '\n', '\r', '\0', '\u{1}', '\u{1f}', '\u{7f}', '\u{85}', '\u{a0}', '\u{ad}', '\u{200b}', '\u{200d}',
    '\u{2028}', '\u{202e}', '\u{2060}', '\u{feff}', '\u{fffd}', '\\', '/', '@', ':', '%',
];

impl Payloads {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// SplitMix64: even, quick, and the same everywhere.
    fn draw(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % below as u64).expect("below a number of that type")
    }

    fn one_of(&mut self, texts: &[&'static str]) -> &'static str {
        texts[self.draw(texts.len())]
    }

    fn plain(&mut self) -> String {
        let lead = self.one_of(&SLASHES);
        let pieces = [
            self.one_of(&SCHEMES),
            self.one_of(&SLASHES),
            self.one_of(&USERS),
            self.one_of(&HOSTS),
            self.one_of(&TAILS),
        ];
        // Half of them begin as a path of ours does, or none would come further than the first check.
        let first = if self.draw(2) == 0 { "/" } else { lead };
        format!("{first}{}", pieces.concat())
    }

    /// The same, written in another way.
    fn disguised(&mut self, text: &str) -> String {
        match self.draw(12) {
            0 => text.bytes().map(percent).collect(),
            1 => text.bytes().map(percent).collect::<String>().replace('%', "%25"),
            2 => text.replace('/', "%2f").replace('\\', "%5C"),
            3 => text.replace('/', "%252f"),
            4 => text.replace('/', "\u{ff0f}").replace('.', "\u{ff0e}").replace(':', "\u{ff1a}"),
            5 => text.replace('.', "%2E").replace('@', "%40"),
            6 => text.replace('/', "%c0%af").replace('.', "%c0%ae"),
            7 => text.replace('/', "\\"),
            8 => format!("/auth/login?return_to={text}"),
            9 => format!("{text}{}", "/x/..".repeat(self.draw(110))),
            _ => text.to_owned(),
        }
    }

    fn noisy(&mut self, mut text: String) -> String {
        for _ in 0..self.draw(6).saturating_sub(3) {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = places[self.draw(places.len())];
            text.insert(at, NOISE[self.draw(NOISE.len())]);
        }
        text
    }
}

fn percent(byte: u8) -> String {
    format!("%{byte:02x}")
}

impl Iterator for Payloads {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let plain = self.plain();
        let disguised = self.disguised(&plain);
        Some(self.noisy(disguised))
    }
}
