//! Of the application, whose sessions are in cookies, while people use it and others are at the provider's sign-in page.

use acceptance::{
    machines::Plan,
    person::{Page, Person},
};

use crate::{Outcome, load::Load};

const PEOPLE: usize = 10;
const ON_THEIR_WAY: usize = 5;
const ROUNDS: usize = 3;
const ANSWERS: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_signed_out_and_logins_on_their_way_finish_when_the_application_is_killed() -> Outcome {
    let mut machines =
        Plan { machines: 1, sessions: "store = \"cookie\"".to_owned(), ..Plan::default() }.start().await?;
    let people = machines.sign_in(PEOPLE).await?;
    machines.provider.forget_requests();
    let load = Load::of(&machines, &people)?;
    let mut finished = 0;
    for _ in 0..ROUNDS {
        load.until_everywhere(1, 200, ANSWERS).await?;
        let mut at_the_provider: Vec<(Person, Page)> = Vec::new();
        for _ in 0..ON_THEIR_WAY {
            let person = Person::new()?;
            let page = person.open(&machines.page("/profile")).await?;
            assert!(page.asks_for("user"), "{}", page.html);
            at_the_provider.push((person, page));
        }
        machines.kill(0);
        load.until_everywhere(1, 0, PEOPLE).await?;
        machines.restart(0)?;
        for (person, page) in at_the_provider {
            let page = person.submit(&page, "/authorize", &[("user", "newcomer")]).await?;
            assert_eq!((page.status.as_u16(), page.address.path()), (200, "/profile"), "{}", page.html);
            assert!(page.html.contains("newcomer"), "{}", page.html);
            finished += 1;
        }
        load.until_everywhere(1, 200, ANSWERS).await?;
    }
    let seen = load.end().await;
    assert!(seen.wrong.is_empty(), "{:?}", seen.wrong);
    assert!(seen.answers.keys().all(|(_, status)| matches!(status, 0 | 200)), "{:?}", seen.answers);
    for cookies in &people {
        assert_eq!(machines.ask(0, "/api/me", cookies).await?.status, 200);
    }
    println!(
        "kill of the application, sessions in cookies: {ROUNDS} kills, answers by machine and status {:?} (0: nobody there), 0 of {PEOPLE} \
         signed out, {finished} of {} logins on their way finished",
        seen.answers,
        ROUNDS * ON_THEIR_WAY
    );
    Ok(())
}
