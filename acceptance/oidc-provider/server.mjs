// oidc-provider on a free loopback port. It says its issuer, and then what it is asked, in lines that the tests read.
//
//   node server.mjs '{"clients": [..], "initialAccessToken": ".."}'

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const { clients, initialAccessToken } = JSON.parse(process.argv[2]);

const key = (type, options, use = 'sig') => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use });

const people = {
  alice: { name: 'Alice Liddell', email: 'alice@example.com', email_verified: true, admin: true },
  bob: { name: 'Bob Dodgson', email: 'bob@example.com', email_verified: true },
};

const configuration = {
  clients,
  jwks: {
    keys: [
      key('rsa', { modulusLength: 2048 }),
      ...['P-256', 'P-384', 'P-521'].map((namedCurve) => key('ec', { namedCurve })),
      key('ed25519'),
      key('rsa', { modulusLength: 2048 }, 'enc'),
      key('ec', { namedCurve: 'P-256' }, 'enc'),
    ],
  },
  enabledJWA: {
    idTokenSigningAlgValues: [
      'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'HS256', 'HS384', 'HS512',
    ],
  },
  claims: { openid: ['sub'], profile: ['name', 'admin'], email: ['email', 'email_verified'] },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
  pkce: { required: () => true },
  features: {
    registration: { enabled: true, initialAccessToken: initialAccessToken ?? false },
    claimsParameter: { enabled: true },
    encryption: { enabled: true },
    jwtUserinfo: { enabled: true },
    requestObjects: { enabled: true },
  },
  // Its own way to the keys of a client avoids this machine, where all clients of the tests are.
  fetch: (url, { dispatcher, ...options }) => {
    console.log(`fetched ${new URL(url).pathname}`);
    return fetch(url, options);
  },
  acrValues: ['password'],
  cookies: { keys: ['only for tests'] },
  ttl: { Session: 3600, Interaction: 3600, Grant: 3600, AccessToken: 3600, IdToken: 3600 },
};

// How many parts the JWTs have that come along in an address: three are signed, five encrypted.
const jwts = ({ query }) =>
  ['request', 'id_token_hint'].filter((name) => query[name]).map((name) => ` ${name} of ${query[name].split('.').length}`).join('');

// How a client says who it is, without saying it here: the part that a test asserts on.
const credentials = ({ headers }) => headers.authorization?.split(' ')[0] ?? 'none';

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  provider.use(async (ctx, next) => {
    await next();
    console.log(`asked ${ctx.method} ${ctx.path} ${credentials(ctx)} ${ctx.status}${jwts(ctx)}`);
  });
  for (const event of ['authorization', 'grant', 'userinfo', 'registration_create', 'end_session']) {
    provider.on(`${event}.error`, (ctx, error) => console.log(`error ${event} ${error.error}: ${error.error_detail ?? error.message}`));
  }
  provider.on('server_error', (ctx, error) => console.log(`error server ${error.stack}`));
  server.on('request', provider.callback());
  console.log(`issuer ${issuer}`);
});
