//! Many tabs of one browser, each request of which leaves and is answered at a time of its own.

use vestibule_provider::{Browser, Page};

use crate::house::{APP, House, ISSUER};

/// The most bytes that proxies take in a header line.
pub(crate) const MOST_BYTES: usize = 8 * 1024;

/// A browser with many tabs, in an order of events that a seed decides.
pub(crate) struct Crowd {
    pub(crate) house: House,
    tabs: Vec<Tab>,
    heaviest: usize,
}

/// One tab: where it goes next, and what is on its way to it.
struct Tab {
    page: String,
    next: Next,
    answer: Option<Answer>,
    departures: usize,
    shown: Option<(u16, String, String)>,
}

/// What a tab does next.
enum Next {
    /// Opens an address.
    Opens(String),
    /// Sends the form of a page of the provider's, which does so by itself.
    Sends(Box<Page>),
}

/// An answer that the browser has not got yet.
struct Answer {
    url: String,
    set_cookies: Vec<String>,
    location: Option<String>,
    page: Page,
}

/// In which order tabs get their turn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    First,
    Last,
    Seed(u64),
}

impl Crowd {
    /// Tabs that are about to open pages, of a browser whose person the provider knows.
    pub(crate) async fn of(count: usize) -> Self {
        Self::at(House::new(), count).await
    }

    pub(crate) async fn at(mut house: House, count: usize) -> Self {
        house.sign_in("/profile", "alice").await;
        for name in house.cookie_names() {
            house.browser.remove_cookie(&name);
        }
        assert_eq!(house.me().await, None, "signed out here, and signed in at the provider");
        let tab = |number| {
            let page = format!("{APP}/profile?tab={number}");
            Tab { next: Next::Opens(page.clone()), page, answer: None, departures: 0, shown: None }
        };
        let mut crowd = Self { house, tabs: (0..count).map(tab).collect(), heaviest: 0 };
        crowd.weigh();
        crowd
    }

    /// Every tab asks once, none of which has an answer before the last has asked.
    pub(crate) async fn all_ask(&mut self, order: Order) {
        for tab in order.of(self.tabs.len()) {
            self.send(tab).await;
        }
        for tab in order.of(self.tabs.len()) {
            self.receive(tab);
        }
    }

    /// Every tab asks once, and gets its answer before the next one asks.
    pub(crate) async fn each_asks(&mut self, order: Order) {
        for tab in order.of(self.tabs.len()) {
            self.send(tab).await;
            self.receive(tab);
        }
    }

    /// Every tab goes on to its end before the next one does.
    pub(crate) async fn each_ends(&mut self, order: Order) {
        for tab in order.of(self.tabs.len()) {
            while self.tab(tab).shown.is_none() {
                self.send(tab).await;
                self.receive(tab);
            }
        }
    }

    /// Whatever comes next, chance decides.
    pub(crate) async fn go_on_at_random(&mut self, seed: u64) {
        let mut chance = Chance(seed);
        while !self.has_ended() {
            let tab = chance.below(self.tabs.len());
            if self.tab(tab).answer.is_some() {
                self.receive(tab);
            } else {
                self.send(tab).await;
            }
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.tabs.iter().all(|tab| tab.shown.is_some())
    }

    /// Every tab shows its own page, after so many departures at most, and the Cookie header was never too long.
    pub(crate) fn expect_each_on_its_own_page(&self, most_departures: usize, what: &str) {
        for tab in &self.tabs {
            let (status, address, text) = tab.shown.as_ref().expect("it shows something");
            let seen = text.rsplit("<main>").next().unwrap_or_default();
            assert_eq!((*status, address, seen), (200, &tab.page, "profile of alice"), "{what}");
            assert!(tab.departures <= most_departures, "{what}: {} departures", tab.departures);
        }
        assert!(self.heaviest < MOST_BYTES, "{what}: {} bytes of cookies", self.heaviest);
    }

    pub(crate) fn heaviest(&self) -> usize {
        self.heaviest
    }

    async fn send(&mut self, number: usize) {
        let mut as_it_is_now: Browser = self.house.browser.clone();
        let tab = self.tab(number);
        if tab.shown.is_some() || tab.answer.is_some() {
            return;
        }
        let page = match &tab.next {
            Next::Opens(address) => {
                tab.departures += usize::from(address.starts_with(&format!("{ISSUER}/authorize")));
                as_it_is_now.get_without_redirects(address).await
            }
            Next::Sends(form) => as_it_is_now.submit_without_redirects(form, "0", &[]).await,
        };
        tab.answer = Some(Answer {
            url: page.url().to_string(),
            set_cookies: page.hops().iter().flat_map(|hop| hop.set_cookies.clone()).collect(),
            location: page.header("location").map(str::to_owned),
            page,
        });
    }

    fn receive(&mut self, number: usize) {
        let Some(answer) = self.tab(number).answer.take() else { return };
        for line in &answer.set_cookies {
            self.house.browser.set_cookie(&answer.url, line);
        }
        let tab = self.tab(number);
        match answer.location {
            Some(location) if location.starts_with('/') => tab.next = Next::Opens(format!("{APP}{location}")),
            Some(location) => tab.next = Next::Opens(location),
            None if answer.url.starts_with(ISSUER) => tab.next = Next::Sends(Box::new(answer.page)),
            None => tab.shown = Some((answer.page.status().as_u16(), answer.url, answer.page.text().to_owned())),
        }
        self.weigh();
    }

    fn tab(&mut self, number: usize) -> &mut Tab {
        self.tabs.get_mut(number).expect("there are so many")
    }

    fn weigh(&mut self) {
        let ours = self.house.browser.cookies().filter(|cookie| cookie.name.contains("vestibule-"));
        let bytes = ours.map(|cookie| cookie.name.len() + cookie.value.len() + "=; ".len()).sum();
        self.heaviest = self.heaviest.max(bytes);
    }
}

impl Order {
    fn of(self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        match self {
            Self::First => {}
            Self::Last => order.reverse(),
            Self::Seed(seed) => {
                let mut chance = Chance(seed);
                for at in (1..count).rev() {
                    order.swap(at, chance.below(at + 1));
                }
            }
        }
        order
    }
}

/// The same numbers for the same seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let end = u64::try_from(end).expect("a small number");
        usize::try_from((mixed ^ (mixed >> 31)) % end).expect("a small number")
    }
}
