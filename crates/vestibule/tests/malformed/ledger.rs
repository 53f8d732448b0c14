//! What was sent and what came of it, by family; and what must not have.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// The most complaints that are kept.
const MOST_COMPLAINTS: usize = 20;

/// Everything that was counted.
#[derive(Debug)]
pub(crate) struct Ledger {
    panics: &'static AtomicUsize,
    pages: Vec<(&'static str, Page)>,
}

/// One family.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    pub(crate) sent: usize,
    /// By the first digit of the status; 0 where the connection was closed without an answer.
    classes: BTreeMap<u16, usize>,
    acceptances: usize,
    unexpected: usize,
    slowest: Duration,
    complaints: Vec<String>,
    panics: usize,
    memory: (Option<usize>, Option<usize>),
}

impl Ledger {
    pub(crate) fn new(panics: &'static AtomicUsize) -> Self {
        Self { panics, pages: Vec::new() }
    }

    /// Adds what the lanes of one family counted.
    pub(crate) async fn add(&mut self, family: &'static str, lanes: impl Future<Output = Vec<Page>>) {
        let (before, panics) = (resident(), self.panics());
        let mut page = lanes.await.into_iter().fold(Page::default(), Page::and);
        (page.memory, page.panics) = ((before, resident()), self.panics() - panics);
        self.pages.push((family, page));
    }

    pub(crate) fn sent(&self) -> usize {
        self.pages.iter().map(|(_, page)| page.sent).sum()
    }

    /// All families in one line.
    pub(crate) fn sum(&self) -> String {
        let sum = |of: fn(&Page) -> usize| self.pages.iter().map(|(_, page)| of(page)).sum::<usize>();
        let (families, panics) = (self.pages.len(), self.panics());
        let (accepted, unexpected) = (sum(|page| page.acceptances), sum(|page| page.unexpected));
        format!(
            "{} sent in {families} families: {panics} panics, {accepted} let in, {unexpected} answers of 5xx without a name",
            self.sent()
        )
    }

    pub(crate) fn panics(&self) -> usize {
        self.panics.load(Ordering::SeqCst)
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        let complaints = self
            .pages
            .iter()
            .flat_map(|(family, page)| page.complaints.iter().map(move |complaint| format!("{family}: {complaint}")));
        complaints.collect()
    }
}

impl Page {
    pub(crate) fn answered(&mut self, status: Option<u16>, took: Duration) {
        *self.classes.entry(status.map_or(0, |status| status / 100)).or_default() += 1;
        self.slowest = self.slowest.max(took);
    }

    pub(crate) fn accepted(&mut self, what: &str) {
        self.acceptances += 1;
        self.complain(format!("an acceptance: {what}"));
    }

    pub(crate) fn unexpected(&mut self, what: &str) {
        self.unexpected += 1;
        self.complain(format!("an error without a name: {what}"));
    }

    pub(crate) fn complain(&mut self, what: String) {
        if self.complaints.len() < MOST_COMPLAINTS {
            self.complaints.push(what);
        }
    }

    fn and(mut self, other: Self) -> Self {
        self.sent += other.sent;
        for (class, count) in other.classes {
            *self.classes.entry(class).or_default() += count;
        }
        self.acceptances += other.acceptances;
        self.unexpected += other.unexpected;
        self.slowest = self.slowest.max(other.slowest);
        self.complaints.extend(other.complaints);
        self
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| family | sent | 2xx | 3xx | 4xx | 5xx | closed | panics | let in | 5xx without a name | slowest | KiB before, after |\n\
             |---|---|---|---|---|---|---|---|---|---|---|---|"
        )?;
        for (family, page) in &self.pages {
            let class = |class: u16| page.classes.get(&class).copied().unwrap_or_default();
            let (before, after) = page.memory;
            writeln!(
                f,
                "| {family} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {:?} | {}, {} |",
                page.sent,
                class(2),
                class(3),
                class(4),
                class(5),
                class(0),
                page.panics,
                page.acceptances,
                page.unexpected,
                Duration::from_millis(u64::try_from(page.slowest.as_millis()).unwrap_or(u64::MAX)),
                before.unwrap_or_default(),
                after.unwrap_or_default(),
            )?;
        }
        Ok(())
    }
}

/// From now on, how many threads and tasks of this process panicked.
pub(crate) fn count_panics() -> &'static AtomicUsize {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(panic);
        }));
    });
    &PANICS
}

/// The memory of this process that is in use, in KiB, where the system says.
pub(crate) fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * 4)
}
