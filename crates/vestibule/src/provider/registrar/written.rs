//! How a registration is written down.

use serde::{Deserialize, Serialize};
use vestibule_core::{ClientInformation, NumericDate, Secret};

use super::remembered::Registration;

/// A registration that another one took the place of, with another client_id. People who signed in by it are signed in still, and
/// what the provider says of them is said to this client.
#[derive(Clone)]
pub(in crate::provider) struct Previous {
    pub(super) information: ClientInformation,
    /// When the last of their sessions is over.
    pub(super) until: NumericDate,
}

/// A wire format: add a version, never change one. What needs no newer version is written in an older one, so that machines that
/// were not upgraded yet can read it.
#[derive(Serialize, Deserialize)]
enum Written {
    V1 { made: i64, information: Vec<u8> },
    V2 { made: i64, information: Vec<u8>, previous: Vec<u8>, previous_until: i64 },
}

/// What a version begins with; information alone is JSON, and begins otherwise.
const VERSION_2: u8 = 1;

/// For a store that all machines share.
pub(super) fn write(registration: &Registration, made: NumericDate) -> Secret<Vec<u8>> {
    let (made, information) = (made.seconds(), registration.information.to_bytes().expose().clone());
    let written = match &registration.previous {
        None => Written::V1 { made, information },
        Some(previous) => Written::V2 {
            made,
            information,
            previous: previous.information.to_bytes().expose().clone(),
            previous_until: previous.until.seconds(),
        },
    };
    Secret::new(postcard::to_stdvec(&written).expect("bytes and integers have a postcard form"))
}

pub(super) fn read(bytes: &Secret<Vec<u8>>) -> Option<Registration> {
    let (made, information, previous) = match postcard::from_bytes(bytes.expose()).ok()? {
        Written::V1 { made, information } => (made, information, None),
        Written::V2 { made, information, previous, previous_until } => {
            let information_before = ClientInformation::from_bytes(&Secret::new(previous));
            let until = NumericDate::from_seconds(previous_until);
            (made, information, information_before.map(|information| Previous { information, until }))
        }
    };
    let information = ClientInformation::from_bytes(&Secret::new(information))?;
    Some(Registration { information, made: Some(NumericDate::from_seconds(made)), previous })
}

/// For a store of registrations alone: the information, as it always was, unless there is more to say.
pub(super) fn write_given(registration: &Registration) -> Secret<Vec<u8>> {
    match &registration.previous {
        None => registration.information.to_bytes(),
        // When it was made is not said there.
        Some(_) => write(registration, NumericDate::from_seconds(0)),
    }
}

pub(super) fn read_given(bytes: &Secret<Vec<u8>>) -> Option<Registration> {
    if bytes.expose().first() == Some(&VERSION_2) {
        return read(bytes).map(|registration| Registration { made: None, ..registration });
    }
    let information = ClientInformation::from_bytes(bytes)?;
    Some(Registration { information, made: None, previous: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn information(client_id: &str) -> ClientInformation {
        let json = format!(
            r#"{{"client_id": "{client_id}", "token_endpoint_auth_method": "none", "id_token_signed_response_alg": "ES256"}}"#
        );
        ClientInformation::from_bytes(&Secret::new(json.into_bytes())).expect("what to_bytes wrote")
    }

    fn registration(previous: Option<&str>) -> Registration {
        let until = NumericDate::from_seconds(9);
        let previous = previous.map(|id| Previous { information: information(id), until });
        Registration { information: information("new"), made: Some(NumericDate::from_seconds(5)), previous }
    }

    fn ids(registration: &Registration) -> (String, Option<(String, NumericDate)>) {
        let id = |information: &ClientInformation| information.client().client_id().to_owned();
        let previous = registration.previous.as_ref().map(|previous| (id(&previous.information), previous.until));
        (id(&registration.information), previous)
    }

    #[test]
    fn what_is_written_is_read_in_each_version() {
        for (previous, version) in [(None, 0), (Some("old"), VERSION_2)] {
            let registration = registration(previous);
            let made = NumericDate::from_seconds(5);
            let written = write(&registration, made);
            assert_eq!(written.expose().first(), Some(&version), "what needs no newer version is in the older one");
            let read = read(&written).expect("just written");
            assert_eq!((ids(&read), read.made), (ids(&registration), Some(made)));
            let given = read_given(&write_given(&registration)).expect("just written");
            assert_eq!((ids(&given), given.made), (ids(&registration), None));
        }
        assert_eq!(write_given(&registration(None)).expose(), information("new").to_bytes().expose());
        assert!(read(&Secret::new(vec![7; 9])).is_none() && read_given(&Secret::new(vec![7; 9])).is_none());
    }

    /// What machines before an upgrade wrote, byte by byte.
    #[test]
    fn what_was_written_once_is_read_for_ever() {
        let json = br#"{"client_id":"new","token_endpoint_auth_method":"none","id_token_signed_response_alg":"ES256"}"#;
        let old = br#"{"client_id":"old","token_endpoint_auth_method":"none","id_token_signed_response_alg":"ES256"}"#;
        // Integers zigzag and by sevens (5 is 10, 9 is 18), bytes behind their count.
        let v1 = [&[0, 10, 94][..], json].concat();
        let v2 = [&[1, 10, 94][..], json, &[94], old, &[18]].concat();
        let made = Some(NumericDate::from_seconds(5));
        let read_as = |bytes: &[u8]| read(&Secret::new(bytes.to_vec())).map(|read| (ids(&read), read.made));
        assert_eq!(read_as(&v1), Some((("new".to_owned(), None), made)));
        let previous = Some(("old".to_owned(), NumericDate::from_seconds(9)));
        assert_eq!(read_as(&v2), Some((("new".to_owned(), previous.clone()), made)));
        let given = read_given(&Secret::new(v2)).map(|read| (ids(&read), read.made));
        assert_eq!(given, Some((("new".to_owned(), previous), None)));
        let given = read_given(&Secret::new(json.to_vec())).map(|read| ids(&read));
        assert_eq!(given, Some(("new".to_owned(), None)));
    }
}
