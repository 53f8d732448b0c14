//! What a provider granted with a login, later: renewed, asked about, and given back.

use std::sync::Arc;

use vestibule_core::{
    ClaimsSet, FirstIdToken, JwkSet, Misbehaviour, ProtocolError, Secret, Subject, UnverifiedRefreshedIdToken,
    error::{InvalidIdToken, InvalidUserInfo},
    jose::InvalidJws,
    revocation::TokenTypeHint,
    userinfo::{UserInfoRequest, UserInfoResponse},
};

use super::{ConnectedProvider, Introduced, ProviderError};
use crate::{
    claim_sources::MEMBERS,
    error::chain,
    session::{HeldTokens, Session},
};

/// What came of a refresh, every check done.
#[derive(Debug)]
pub(crate) struct Refreshed {
    pub(crate) access_token: Secret<String>,
    pub(crate) expires_in: Option<i64>,
    /// `None` when the one that was presented stays good (RFC 6749 6).
    pub(crate) refresh_token: Option<Secret<String>>,
    pub(crate) scope: Option<String>,
}

/// Why there are no new tokens, by what became of the refresh token.
#[derive(Debug)]
pub(crate) enum RefreshFailed {
    /// It is as good as before, as far as anybody knows.
    Unused(ProviderError),
    /// The provider took it back (`invalid_grant`).
    TakenBack,
    /// It was used, for an answer that must not be believed.
    Spent(ProviderError),
}

impl ConnectedProvider {
    /// New tokens for a refresh token (Core 12). An ID Token that comes along must be of the login that began the session (R85).
    pub(crate) async fn refresh(
        self: &Arc<Self>,
        at: &Introduced,
        session: &Session,
        refresh_token: Secret<String>,
    ) -> Result<Refreshed, RefreshFailed> {
        // The keys first: once the token is used, nothing that can be had before should be wanting.
        self.keys(at).await.map_err(RefreshFailed::Unused)?;
        let request = at.client.refresh(&at.metadata, refresh_token);
        let answer = self.carry_out(request.map_err(|invalid| RefreshFailed::Unused(invalid.into()))?).await;
        self.note_unknown_client(at, answer.as_ref().err());
        let answer = answer.map_err(RefreshFailed::of)?;
        if let Some(id_token) = answer.id_token() {
            self.verify_refreshed(at, id_token, session).await.map_err(RefreshFailed::Spent)?;
        }
        Ok(Refreshed {
            access_token: answer.access_token().clone(),
            expires_in: answer.expires_in(),
            refresh_token: answer.refresh_token().cloned(),
            scope: answer.scope().map(str::to_owned),
        })
    }

    async fn verify_refreshed(
        self: &Arc<Self>,
        at: &Introduced,
        id_token: &UnverifiedRefreshedIdToken,
        session: &Session,
    ) -> Result<(), ProviderError> {
        let first = first_id_token(at, session);
        let expected = at.client.expected_id_token(&at.metadata);
        self.with_keys(at, |keys| Ok(id_token.verify(keys, &expected, &first, self.now())?)).await.map(drop)
    }

    /// Verifies with the keys at hand, and once more with new ones if the right key is not among them (Core 10.1.1).
    pub(super) async fn with_keys<T>(
        self: &Arc<Self>,
        at: &Introduced,
        verify: impl Fn(&JwkSet) -> Result<T, Misbehaviour>,
    ) -> Result<T, ProviderError> {
        let keys = self.keys(at).await?;
        let mut verified = verify(&keys);
        let unknown_key = matches!(
            verified,
            Err(Misbehaviour::IdToken(InvalidIdToken::Jws(InvalidJws::NoMatchingKey { .. }))
                | Misbehaviour::UserInfo(InvalidUserInfo::Jws(InvalidJws::NoMatchingKey { .. })))
        );
        if unknown_key && at.client.needs_provider_keys() {
            verified = verify(&*self.newer_keys(at, &keys).await?);
        }
        let verified = verified?;
        // Where tokens are signed with the client's secret, no keys are fetched that would have.
        self.hosts.settle();
        Ok(verified)
    }

    /// What the userinfo endpoint says now about a subject.
    pub(crate) async fn userinfo(
        self: &Arc<Self>,
        access_token: Secret<String>,
        subject: Subject,
    ) -> Result<Option<ClaimsSet>, ProviderError> {
        let at = self.introduced().await?;
        let mut claims = self.ask_userinfo(&at, access_token, subject).await?;
        if let Some(claims) = &mut claims {
            MEMBERS.into_iter().for_each(|member| claims.remove(member));
        }
        Ok(claims)
    }

    /// The same at a provider that knows us: `None` where the userinfo endpoint is not there, or not asked.
    pub(super) async fn ask_userinfo(
        self: &Arc<Self>,
        at: &Introduced,
        access_token: Secret<String>,
        subject: Subject,
    ) -> Result<Option<ClaimsSet>, ProviderError> {
        let request = UserInfoRequest::new(&at.client, &at.metadata, self.userinfo_method(), access_token, subject);
        let Some(request) = request else { return Ok(None) };
        match self.carry_out(request).await? {
            UserInfoResponse::Plain(claims) => Ok(Some(claims)),
            UserInfoResponse::Signed(signed) => {
                let expected = at.client.expected_userinfo(&at.metadata);
                self.with_keys(at, |keys| Ok(signed.verify(keys, &expected, self.now())?)).await.map(Some)
            }
        }
    }

    /// Gives tokens back that nobody shall use any more (RFC 7009), where the provider takes them. It is a courtesy: a failure
    /// is noted and changes nothing (R91).
    pub(crate) async fn revoke(self: &Arc<Self>, tokens: &HeldTokens) {
        // With the refresh token go the access tokens that came of it (RFC 7009 2.1).
        let token = match (&tokens.refresh_token, &tokens.access_token) {
            (Some(refresh_token), _) => (refresh_token, TokenTypeHint::RefreshToken),
            (None, Some(access_token)) => (access_token, TokenTypeHint::AccessToken),
            (None, None) => return,
        };
        if let Err(error) = self.give_back(token.0.clone(), token.1).await {
            tracing::warn!(target: "vestibule::logout", provider = self.name(), reason = chain(&error),
                "a token could not be revoked; it is good until it expires");
        }
    }

    async fn give_back(self: &Arc<Self>, token: Secret<String>, hint: TokenTypeHint) -> Result<(), ProviderError> {
        let at = self.introduced().await?;
        match at.client.revoke(&at.metadata, token, hint)? {
            Some(request) => self.carry_out(request).await,
            None => Ok(()),
        }
    }
}

impl RefreshFailed {
    /// R90: whoever answers with an error, or not at all, is taken to have used nothing. Only a success that cannot be read has.
    fn of(error: ProviderError) -> Self {
        match error {
            ProviderError::Protocol(ProtocolError::Denied(denial)) if denial.is_invalid_grant() => Self::TakenBack,
            ProviderError::Protocol(ProtocolError::Misbehaved(Misbehaviour::UnexpectedStatus { .. })) => {
                Self::Unused(error)
            }
            ProviderError::Protocol(ProtocolError::Misbehaved(_)) => Self::Spent(error),
            error => Self::Unused(error),
        }
    }
}

/// The session keeps the first ID Token; one that does not knows enough from its own beginning.
fn first_id_token(at: &Introduced, session: &Session) -> FirstIdToken {
    let tokens = session.tokens();
    let from_parts = || {
        let first =
            FirstIdToken::new(&session.issuer, &session.subject, [at.client.client_id()], session.born.issued_at);
        match session.evidence().auth_time {
            Some(auth_time) => first.auth_time(auth_time),
            None => first,
        }
    };
    tokens.id_token.and_then(|raw| FirstIdToken::from_raw(&raw).ok()).unwrap_or_else(from_parts)
}
