// A pure table: what each column of the store holds, why, and for how long; and what lies elsewhere.
import type { Tables } from '../store/tables.ts'

/** What kind of data a column holds, from the point of view of the people that it may be about. */
export const dataKinds = {
  technical: 'of no person: ids of things, states, counts, times',
  device: 'of a phone or its app, and with it of whoever carries it',
  user: 'of a user: a keyed hash, unless `authority.privacy.users` is `plain`',
  address:
    'an address of the network: whole, and after `authority.privacy.addressesAfter` its network',
  operator: 'of somebody who works with the authority',
  text: 'what somebody wrote or a caller sent; people are not to be named in it, and nobody can see to that',
  hash: 'a hash, a commitment or public key: it says nothing without what it was made of',
} as const
export type DataKind = keyof typeof dataKinds

export type MappedTable = {
  readonly table: keyof Tables
  readonly why: string
  readonly kept: string
  /** Names of columns, a blank between two. */
  readonly columns: { readonly [K in DataKind]?: string }
}

const forever = 'as long as the store'
const asDevice = 'as long as the device: for good, since its end must be known'

export const dataMap: readonly MappedTable[] = [
  {
    table: 'devices',
    why: 'Who is let in',
    kept: 'for good; `users forget` blanks what is of the user',
    columns: {
      technical:
        'id app_id trust_domain status status_changed_at development assurance evidence_format appraised_at enrolled_at expires_at shadow appraisal_id proven_facts protocol authorized_by',
      device: 'platform app_version os_patch_level model os_version phone_id batch identifier',
      user: 'user_provider user_subject',
      address: 'enrolled_from enrolled_network',
      text: 'status_reason',
    },
  },
  {
    table: 'certificates',
    why: 'What a device proves itself by, and whether it still counts',
    kept: asDevice,
    columns: {
      technical:
        'thumbprint serial app_id issuer_id status predecessor successor not_before not_after issued_at supersede_at forked_at shard',
      device: 'device_id der used_at',
      hash: 'spki_sha256',
    },
  },
  {
    table: 'challenges_used',
    why: 'A challenge is answered once, and again alike',
    kept: 'until the challenge has expired',
    columns: {
      technical: 'challenge used_at keep_until thumbprint approval_id',
      hash: 'spki_sha256',
    },
  },
  {
    table: 'enrollment_tokens',
    why: 'Invitations for one device each',
    kept: forever,
    columns: {
      technical: 'id app_id made_by created_at expires_at used_at used_for revoked_at',
      hash: 'hash',
      text: 'label',
      operator: 'created_by',
    },
  },
  {
    table: 'approvals',
    why: 'Enrolments that wait, or waited, for the word of somebody',
    kept: 'for good; `users forget` blanks what is of the user',
    columns: {
      technical: 'id app_id status requested_at expires_at decided_at device_id authorized_by',
      hash: 'spki_sha256',
      device: 'admission',
      address: 'address',
      operator: 'decided_by',
      text: 'reason',
      user: 'user_provider user_subject',
    },
  },
  {
    table: 'appraisals',
    why: 'What evidence came to: for support, and for holding devices against stricter policy',
    kept: 'as long as a device rests on it; else 90 days',
    columns: {
      technical: 'id at app_id retention purpose format mode outcome assurance failed request_id',
      device: 'device_id platform model os_version os_patch_level app_version results evidence',
      address: 'address',
    },
  },
  {
    table: 'attestation_serials',
    why: 'Which devices rest on a certificate that its maker revokes',
    kept: asDevice,
    columns: { technical: 'handled_at', device: 'serial device_id' },
  },
  {
    table: 'app_attest_keys',
    why: 'The key that an iPhone asserts with, and what Apple says of it',
    kept: asDevice,
    columns: {
      technical:
        'counter environment apple_app_id receipt_not_before receipt_expires_at updated_at receipt_at receipt_due_at receipt_fault risk_effect',
      device: 'device_id key_id receipt risk_metric',
      hash: 'spki',
    },
  },
  {
    table: 'decisions',
    why: 'Why a request was refused, for whoever asks support',
    kept: '30 days, and the newest million',
    columns: {
      technical: 'request_id support_code at source code',
      address: 'address',
      device: 'device_id',
      text: 'body',
    },
  },
  {
    table: 'handshakes',
    why: 'Why a connection failed',
    kept: '30 days, and the newest million',
    columns: { technical: 'id at source code', address: 'address', text: 'body' },
  },
  {
    table: 'audit',
    why: 'Who did what: chained, so that nothing is changed later',
    kept: 'for good. Of personal values it holds commitments alone, but for rows of before there were any',
    columns: {
      technical: 'chain seq at action',
      hash: 'actor subject detail previous hash',
    },
  },
  {
    table: 'personal_values',
    why: 'The values that rows of the audit log commit to',
    kept: 'until they are forgotten; of addresses the network after `addressesAfter`',
    columns: {
      technical: 'chain seq place at kind exact_at',
      hash: 'salt exact_salt exact_hash',
      operator: 'value',
      address: 'exact',
    },
  },
  {
    table: 'forgotten_users',
    why: 'That somebody was forgotten, and is again when a backup is restored',
    kept: forever,
    columns: { technical: 'forgotten_at', hash: 'id' },
  },
  {
    table: 'audit_checkpoints',
    why: 'The ends of the chains, signed',
    kept: forever,
    columns: { technical: 'seq at', hash: 'heads jws' },
  },
  {
    table: 'admin_tokens',
    why: 'Who may use the admin API',
    kept: forever,
    columns: {
      technical: 'id role made_by created_at expires_at revoked_at kind apps verbs last_used_at',
      hash: 'hash person',
      operator: 'label created_by',
      address: 'networks',
    },
  },
  {
    table: 'proposals',
    why: 'Calls that wait for a second person',
    kept: '30 days after they expired',
    columns: {
      technical: 'id operation method role verb proposed_at expires_at status decided_at outcome',
      operator: 'proposed_by decided_by',
      hash: 'person',
      text: 'url body why reason',
    },
  },
  {
    table: 'used_id_tokens',
    why: 'An ID token signs in once',
    kept: 'until the token has expired',
    columns: { technical: 'keep_until', hash: 'key' },
  },
  {
    table: 'status_changes_ordered',
    why: 'How many changes in an hour need a second person',
    kept: 'an hour',
    columns: { technical: 'at', hash: 'person' },
  },
  {
    table: 'invalidations',
    why: 'Access tokens that were ended',
    kept: 'until none of them can be in date. The hash has no key: every gateway works it out of a token',
    columns: {
      technical: 'kind issuer at issued_until until seq',
      hash: 'key',
      operator: 'actor',
      text: 'reason',
    },
  },
  {
    table: 'used_logout_tokens',
    why: 'A logout token is obeyed once',
    kept: 'until the token has expired',
    columns: { technical: 'keep_until', hash: 'key' },
  },
  {
    table: 'exchanged_sessions',
    why: 'The device that a sign-in belongs to',
    kept: 'as long as the session can go on',
    columns: { technical: 'first_used_at keep_until refused_at', hash: 'key', device: 'device_id' },
  },
  {
    table: 'changes',
    why: 'What gateways are told',
    kept: '30 days',
    columns: {
      technical: 'seq at kind status until issuer issued_until',
      hash: 'key',
    },
  },
  {
    table: 'unconfirmed_status',
    why: 'What gateways knew and a restored store did not',
    kept: forever,
    columns: {
      technical: 'kind status until issued_until epoch reported_at reported_by decision decided_at',
      hash: 'key',
      operator: 'decided_by',
      text: 'reason',
    },
  },
  {
    table: 'gateways',
    why: 'Which gateways there are, and how far each is',
    kept: forever,
    columns: {
      technical:
        'name status first_seen_at last_seen_at revoked_at instance version epoch seq dropped shadow_instance shadow_batch role unconfirmed assertion_keys',
      address: 'blocks',
    },
  },
  {
    table: 'shadow_counts',
    why: 'What stages in mode shadow would have refused',
    kept: '30 days. Which devices is a sketch of their number',
    columns: {
      technical: 'hour host route stage code app_id platform app_version requests devices',
    },
  },
  {
    table: 'acme_accounts',
    why: 'Who orders by ACME',
    kept: 'until nothing was ordered for long',
    columns: {
      technical: 'id app_id status credential_id created_at keep_until',
      hash: 'key_thumbprint jwk',
    },
  },
  {
    table: 'acme_orders',
    why: 'What was ordered by ACME',
    kept: 'some days after it is done',
    columns: {
      technical: 'id app_id account_id status created_at expires_at error thumbprint keep_until',
      device: 'identifiers',
      hash: 'spki_sha256',
    },
  },
  {
    table: 'acme_authorizations',
    why: 'What is to be proven for it',
    kept: 'some days after it is done',
    columns: {
      technical:
        'id order_id account_id position identifier_type status expires_at token validated_at error keep_until',
      device: 'identifier_value evidence',
    },
  },
  {
    table: 'acme_credentials',
    why: 'What lets ACME accounts in',
    kept: forever,
    columns: {
      technical: 'id app_id made_by created_at expires_at revoked_at',
      text: 'label',
      operator: 'created_by',
    },
  },
  {
    table: 'acme_nonces',
    why: 'A nonce counts once',
    kept: 'until it has expired',
    columns: { technical: 'nonce keep_until' },
  },
  {
    table: 'service_certificates',
    why: 'Certificates of servers',
    kept: '30 days after they expired',
    columns: {
      technical:
        'thumbprint serial app_id account_id issuer_id names der issuer_der published not_before not_after issued_at revoked_at reason',
      hash: 'spki_sha256',
    },
  },
  {
    table: 'mdm_credentials',
    why: 'What an MDM enrols with',
    kept: forever,
    columns: {
      technical: 'id app_id lane max_per_hour made_by created_at revoked_at',
      hash: 'hash',
      text: 'label',
      operator: 'created_by',
    },
  },
  {
    table: 'broken_glass',
    why: 'What the audit log was told of a stage made laxer',
    kept: '30 days',
    columns: { technical: 'id event gateway at' },
  },
  {
    table: 'revocations',
    why: 'What is on the published lists',
    kept: 'until the certificate has expired',
    columns: { technical: 'serial issuer_id shard not_after revoked_at reason' },
  },
  {
    table: 'webhooks',
    why: 'How it goes with receivers of events',
    kept: forever,
    columns: {
      technical:
        'name since status generation failures failing_since next_attempt_at last_error last_delivered_at disabled_at',
      operator: 'disabled_by',
      text: 'disabled_reason',
    },
  },
  ...technicalTables(),
]

function technicalTables(): MappedTable[] {
  const tables: [keyof Tables, why: string, columns: string][] = [
    ['feed_key_sets', 'Which keys the feed is signed with', 'number at kids statement'],
    ['heads', 'The ends of the logs', 'name seq hash'],
    [
      'issuers',
      'CAs',
      'id kind app_id trust_domain key_name certificate not_before not_after status lane issues_from request',
    ],
    ['leases', 'Who does the work of the clock', 'name holder until'],
    [
      'receipt_lanes',
      'How fast Apple may be asked',
      'team_id environment next_at failures fault failing_since answered_at',
    ],
    [
      'receipts',
      'When a gateway applied a change',
      'seq gateway applied_after_ms http1 http2 web_socket reported_at',
    ],
    [
      'revocation_lists',
      'Published lists',
      'issuer_id shard number through_changes this_update next_update entries addresses der',
    ],
    ['revocation_scopes', 'Which lists there are', 'issuer_id shard addresses changes last_number'],
    ['roots', 'Roots', 'kind key_name certificate'],
    [
      'scep_ras',
      'Registration authorities of SCEP',
      'key_name app_id issuer_id certificate not_after',
    ],
    ['settings', 'What the store is of', 'name value'],
    [
      'signing_keys',
      'Keys of tokens, feed and checkpoints: the public halves',
      'kid key_name spki created_at signs_from purpose ended_at',
    ],
    ['webhook_cursors', 'How far a receiver has been told', 'webhook chain seq sent'],
    [
      'status_list',
      "Google's list of revoked attestation keys",
      'serial status reason first_seen_at',
    ],
  ]
  return tables.map(([table, why, technical]) => ({
    table,
    why,
    kept: forever,
    columns: { technical },
  }))
}

/** What is not in the store. */
export const elsewhere: readonly { place: string; holds: string; kept: string }[] = [
  {
    place: 'Memory of the authority',
    holds: 'Access tokens and evidence while they are looked at; counts of refusals by address',
    kept: 'for the request; an hour',
  },
  {
    place: 'Log of the authority',
    holds: 'A line for each request: address, path without its query, status. No user, no token',
    kept: 'as long as whoever runs it keeps logs',
  },
  {
    place: 'Memory of a gateway',
    holds:
      'Verified access tokens by their hash, what limits count (hashes of users and accounts, addresses), device certificates',
    kept: 'until the token, window or connection ends',
  },
  {
    place: 'Log and decisions of a gateway',
    holds:
      'Address, host, path without its query, device, and 128 bits of a hash of the user. What is refused is reported to the authority',
    kept: 'as long as whoever runs it keeps logs',
  },
  {
    place: 'State directory of a gateway',
    holds: 'The feed as it was heard: thumbprints, ids of devices, hashes',
    kept: 'until the next snapshot',
  },
  {
    place: 'Redis, where limits are counted there',
    holds: 'Hashes of users and accounts, addresses',
    kept: 'until the window of the limit ends',
  },
  {
    place: 'Your services',
    holds: 'Whatever the route carries to them: `Sallyport-User`, the assertion, the access token',
    kept: 'as they say',
  },
  {
    place: 'Receivers of webhooks',
    holds: 'Rows of the audit log with the personal values that there were when they were sent',
    kept: 'as they say',
  },
  {
    place: 'Backups and exports of the audit log',
    holds: 'What the store held when they were made',
    kept: 'as long as you keep them',
  },
]
