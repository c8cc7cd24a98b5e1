// A pure table: every command, with its help. Operations are loaded when they run.
import { type Command, type Option, pageOptions } from './command.ts'
import { acmeCommands } from './commands/acme-commands.ts'
import { mdmCommands } from './commands/mdm-commands.ts'
import { pinsCommands } from './pins/pins-commands.ts'
import { storeCommands } from './store/store-commands.ts'

/** What the groups of commands are about, for `sallyport --help`. */
export const commandGroups: Readonly<Record<string, string>> = {
  devices: 'List devices, and suspend, resume or revoke them',
  blocks: 'See which addresses are blocked for a while, and let in whom limits locked out',
  sessions: 'End access tokens of users before they expire, and see what ended',
  tokens: 'Make tokens for enrolments and for administrators',
  acme: 'Let ACME clients in, and see what servers were given',
  'acme credentials': 'Make credentials for ACME clients, list and revoke them',
  mdm: 'Have the devices of an MDM enrol by SCEP',
  'mdm credentials': 'Make challenges for MDMs, list and revoke them',
  'acme certificates': 'List the certificates of servers that ACME issued, and revoke them',
  gateways: 'List gateways, and revoke them',
  feed: 'See what gateways are told, and decide what they kept over a restored backup',
  certificates:
    'Find the certificates of devices, make and renew those of servers and gateways, and see what is published of those that ended',
  ca: 'Make, rotate and withdraw the CAs that issue device certificates',
  attestation: 'Verify what phones prove of their keys, and see what policy would cost',
  pins: 'Pin servers in apps, from one file for every platform, without locking anyone out',
  shadow: 'See what enforcing a stage would cost',
  config: 'Look at the configuration',
  agent: 'Keep a proxy in step with the authority',
  access: 'Try the rules of who may do what',
  routes: 'Try which request goes where, and what would refuse it',
  proposals: 'See what waits for a second person, and agree to it or decline it',
  audit: 'Read, export and verify the audit log',
  webhooks: 'See how it goes with receivers of events, and try them',
  users: 'See what is kept of a user, and forget it',
  store: 'Back up the store, restore it, and move it to PostgreSQL or back',
}

const reason: Option = { flags: '--reason <text>', summary: 'why, for the audit log' }

const serviceRootKeys: Option = {
  flags: '--keys <folder>',
  summary: 'where service-root.key.json lies (default: authority.keys.directory)',
}

/** Examples name a device as any script would: by asking for one. */
const anyDevice = '"$(sallyport devices list --ids --limit 1)"'

const evidenceFormatNames = 'android-key, apple-app-attest, apple-mda or play-integrity'

const playIntegrityKeys: readonly Option[] = [
  {
    flags: '--decryption-key-file <file>',
    summary: 'Play Integrity: the AES key of the Play Console, base64',
  },
  {
    flags: '--verification-key-file <file>',
    summary: 'Play Integrity: the public key of the Play Console, base64',
  },
]

export const commands: readonly Command[] = [
  {
    name: 'dev',
    needsNoConfig: true,
    summary: 'Run everything on this machine, with nothing to configure',
    details:
      'Makes keys, CAs, certificates and a configuration file in one folder, starts an authority, a gateway, a sample service and a virtual device, and prints lines to try it with. The next start goes on with all of it. With --json one line of JSON on stdout says where everything is, once it is ready. Development devices prove nothing of their keys: never serve anything real with this.',
    options: [
      { flags: '--dir <folder>', summary: 'where everything lies (default: .sallyport/dev)' },
      {
        flags: '--port <port>',
        summary: 'port of the gateway (default: that of the last start, else 8440)',
      },
      {
        flags: '--lan [name]',
        summary: 'let phones in this network enrol; the name is what they call this machine',
      },
    ],
    examples: [
      { line: 'sallyport dev', does: 'start, and follow the lines it prints' },
      {
        line: 'sallyport dev --dir "$(mktemp -d)" --json',
        does: 'for a test: facts as one line of JSON',
      },
    ],
    load: async () => (await import('./commands/dev.ts')).dev,
  },
  {
    name: 'init',
    asks: true,
    needsNoConfig: true,
    summary: 'Make the keys, CAs and configuration file of a production deployment',
    details:
      'Asks on a terminal for what no option gives. Writes into an empty folder, never over anything. Ends with what to keep offline and what to do next.',
    options: [
      { flags: '--dir <folder>', summary: 'where to write (default: this one)' },
      {
        flags: '--trust-domain <name>',
        summary: 'the name that all identities stand under, such as example.com',
      },
      { flags: '--app-id <id>', summary: 'a short id for your app, such as wallet' },
      { flags: '--api-host <name>', summary: 'host name of your API, as the app calls it' },
      { flags: '--enroll-host <name>', summary: 'host name where devices enrol and renew' },
      { flags: '--upstream <origin>', summary: 'the service behind the gateway' },
      {
        flags: '--store <address>',
        summary:
          'keep the state in PostgreSQL: postgres://user@host:port/database, with ?sslrootcert=<file> over a network (default: SQLite in state/)',
      },
      {
        flags: '--store-password-file <file>',
        summary: 'holds the password of that user (else SALLYPORT_POSTGRES_PASSWORD)',
      },
      {
        flags: '--passphrase-file',
        summary:
          'make a passphrase and keep it in state/passphrase (else SALLYPORT_PASSPHRASE, or asked for)',
      },
    ],
    examples: [
      {
        line: 'sallyport init --dir production --trust-domain example.com --passphrase-file --yes',
        does: 'without any question, what is left out being derived',
      },
    ],
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'assess',
    asks: true,
    needsNoConfig: true,
    summary: 'Say whether mutual TLS, tokens, or both are right for a team, and why',
    details:
      'Ten questions, each with its usual answer and "not sure": asked on a terminal, or answered in a file. Prints the verdict, what decided it, which answer would change it, the layers to turn on, and a sallyport.yaml to begin with, which is valid in a folder that `sallyport init` filled. Mutual TLS is not always right, and then it says so. With --yes all answers are the usual ones.',
    arguments: [{ name: '[answers]', summary: 'a file of answers, YAML' }],
    options: [
      { flags: '--template', summary: 'print a file of answers with every question, and stop' },
      { flags: '--output <file>', summary: 'write the sallyport.yaml there, never over anything' },
    ],
    examples: [
      {
        line: 'sallyport assess --template > answers.yaml && sallyport assess answers.yaml',
        does: 'edit answers.yaml in between',
      },
    ],
    load: async () => (await import('./commands/assess.ts')).assess,
  },
  {
    name: 'serve',
    summary: 'Run the authority and the gateway that the configuration file describes',
    details:
      'Without --role, a supervisor starts each in a process of its own, and starts it again when it ends. The signer alone is given the passphrase of the keys; the gateway is not even given the rest of the file. SIGHUP reloads them, SIGTERM ends everything in order.',
    options: [
      {
        flags: '--role <role>',
        summary: 'run this one in the foreground: signer, authority or gateway',
      },
    ],
    examples: [
      {
        line: 'sallyport serve --config production/sallyport.yaml',
        does: 'both, where the file describes both',
      },
    ],
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'devices list',
    summary: 'List devices',
    options: [
      { flags: '--status <status>', summary: 'active, suspended, revoked or superseded' },
      { flags: '--app <id>', summary: 'of this app' },
      { flags: '--user <subject>', summary: 'of this user, as the identity provider names them' },
      ...pageOptions,
      { flags: '--ids', summary: 'print the ids alone, one a line' },
    ],
    examples: [{ line: 'sallyport devices list --status active', does: 'who may call' }],
    load: async () => (await import('./commands/devices.ts')).listDevices,
  },
  {
    name: 'devices show',
    summary: 'Show a device, what its evidence proved, and its certificates',
    details:
      'Of the evidence that its certificate rests on: every check, and everything that was parsed. With --evidence, what the phone sent, as JSON.',
    arguments: [{ name: '<id>', summary: 'the device' }],
    options: [
      {
        flags: '--evidence [file]',
        summary: 'print the evidence itself, or write it to a file',
      },
    ],
    examples: [
      { line: `sallyport devices show ${anyDevice}`, does: 'everything that is known of one' },
      {
        line: `sallyport devices show ${anyDevice} --evidence evidence.json`,
        does: 'to verify it elsewhere',
      },
    ],
    load: async () => (await import('./commands/devices.ts')).showDevice,
  },
  {
    name: 'devices suspend',
    summary: 'Suspend a device, until it is resumed',
    details: 'Its requests are refused and its connections end; it keeps its certificate.',
    arguments: [{ name: '<id>', summary: 'the device' }],
    options: [reason],
    examples: [
      {
        line: `sallyport devices suspend ${anyDevice} --reason "reported lost"`,
        does: 'lost, perhaps found again',
      },
    ],
    load: async () => (await import('./commands/devices.ts')).suspendDevice,
  },
  {
    name: 'devices resume',
    summary: 'Lift the suspension of a device',
    arguments: [{ name: '<id>', summary: 'the device' }],
    options: [reason],
    examples: [{ line: `sallyport devices resume ${anyDevice}`, does: 'found again' }],
    load: async () => (await import('./commands/devices.ts')).resumeDevice,
  },
  {
    name: 'devices revoke',
    asks: true,
    summary: 'Revoke a device, for ever',
    details:
      'Its requests are refused and its connections end. Prints a line for each gateway: applied in so many milliseconds and connections ended, or silent since when. Waits up to five seconds for gateways that are alive.',
    arguments: [{ name: '<id>', summary: 'the device' }],
    options: [reason],
    examples: [
      {
        line: `sallyport devices revoke ${anyDevice} --yes --reason stolen`,
        does: 'without being asked',
      },
    ],
    load: async () => (await import('./commands/devices.ts')).revokeDevice,
  },
  {
    name: 'sessions end',
    summary: 'End access tokens: one, those of a session, of a user, or on a device',
    details:
      'Requests with these tokens are refused from now on, and connections opened with them end; the user signs in again. Devices and their certificates go on. Prints a line for each gateway, as `devices revoke` does. Exactly one of --subject, --session, --token, --token-id and --device says what ends.',
    options: [
      { flags: '--subject <id>', summary: 'all tokens of this user that were issued until now' },
      { flags: '--session <id>', summary: 'all tokens of this sign-in (claim sid), for good' },
      { flags: '--token <token>', summary: 'this access token; - reads it from stdin' },
      { flags: '--token-id <id>', summary: 'the access token with this id (claim jti)' },
      { flags: '--device <id>', summary: 'all tokens issued until now, on this device' },
      {
        flags: '--provider <name>',
        summary: 'whose subject, session or token id it is, as under identityProviders',
      },
      { flags: '--issuer <url>', summary: 'in place of --provider: the claim iss' },
      reason,
    ],
    examples: [
      {
        line: 'sallyport sessions end --subject anna --issuer https://id.example.com --reason "lost phone"',
        does: 'she signs in again everywhere',
      },
      { line: `sallyport sessions end --device ${anyDevice}`, does: 'on one phone alone' },
    ],
    load: async () => (await import('./commands/sessions.ts')).endSessions,
  },
  {
    name: 'sessions list',
    summary: 'List what ends tokens now, newest first: who ended it, why, and how long it counts',
    details: 'Subjects, sessions and tokens stand there as SHA-256: name one of them to find it.',
    options: [
      { flags: '--subject <id>', summary: 'what ended the tokens of this user' },
      { flags: '--session <id>', summary: 'what ended this sign-in' },
      { flags: '--device <id>', summary: 'what ended tokens on this device' },
      { flags: '--provider <name>', summary: 'whose subject or session it is' },
      { flags: '--issuer <url>', summary: 'in place of --provider: the claim iss' },
      ...pageOptions,
    ],
    examples: [{ line: 'sallyport sessions list', does: 'what was ended of late' }],
    load: async () => (await import('./commands/sessions.ts')).listSessions,
  },
  {
    name: 'blocks list',
    summary: 'List the addresses that gateways do not serve for a while, and why',
    details:
      'What limits raised by blockAddressFor, as each gateway reported it within the last five seconds; at most 1,000 of each. Lists of the configuration are not among them: see `GET /addresses` on the operations listener.',
    examples: [{ line: 'sallyport blocks list', does: 'who is locked out by address' }],
    load: async () => (await import('./commands/blocks.ts')).listBlocks,
  },
  {
    name: 'blocks lift',
    summary: 'Let an address, an account, a user or a device in again, before its time',
    details:
      'At all workers of all gateways: temporary blocks of the address or network end, and what limits and bruteForce counted of the address, account, user or device alone begins anew. Rules that count several keys together, lists of the configuration, and requests under way stay. A reason and who did it stand in the audit log; of accounts and users a hash. Exactly one of --address, --account, --user and --device, or --account with --device.',
    options: [
      { flags: '--address <address>', summary: 'such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/64' },
      {
        flags: '--account <name>',
        summary: 'as it is typed where users sign in: the waits of bruteForce end',
      },
      { flags: '--user <id>', summary: 'the subject of the access token' },
      { flags: '--device <id>', summary: 'dev_…; with --account: a phone that knew it and failed' },
      { flags: '--provider <name>', summary: 'whose user it is, as under identityProviders' },
      { flags: '--issuer <url>', summary: 'in place of --provider: the claim iss' },
      reason,
    ],
    examples: [
      {
        line: 'sallyport blocks lift --account ada@example.com --reason "called, is herself"',
        does: 'she may try again at once',
      },
      {
        line: 'sallyport blocks lift --address 192.0.2.7',
        does: 'the address is served again, and counted anew',
      },
    ],
    load: async () => (await import('./commands/blocks.ts')).liftBlocks,
  },
  {
    name: 'tokens create',
    summary: 'Make a token for one enrolment, or with --admin one for an administrator',
    details:
      'The token alone goes to stdout. It is told once: the store has a hash of it. An admin token is never wider than the one that makes it; --app, --only and --network narrow it.',
    options: [
      {
        flags: '--app <id>',
        summary: 'the app to enrol in (default: the only one); of an admin token: only that one',
        repeatable: true,
      },
      { flags: '--label <text>', summary: 'for whom' },
      {
        flags: '--expires <span>',
        summary:
          'such as 10m, 24h or 7d, or until a time (default: a day; admin tokens 30 days, which is the most)',
      },
      { flags: '--admin', summary: 'make an admin token instead' },
      {
        flags: '--role <role>',
        summary: 'of an admin token: viewer, support, operator or admin (default: viewer)',
      },
      {
        flags: '--only <verb>',
        summary:
          'of an admin token: read, enroll, approve, suspend, revoke, end-tokens, lift, operate, agree or administer',
        repeatable: true,
      },
      {
        flags: '--network <cidr>',
        summary: 'of an admin token: whence it counts, such as 10.0.0.0/8',
        repeatable: true,
      },
      {
        flags: '--offline',
        summary:
          "of an admin token: made over the store, on the authority's own host, when the last one has ended",
      },
    ],
    examples: [
      {
        line: 'sallyport tokens create --label "Ada\'s phone" --expires 1h',
        does: 'hand it to the person with the phone',
      },
      {
        line: 'sallyport tokens create --admin --role support --only read --only suspend --label helpdesk',
        does: 'for a colleague',
      },
      {
        line: 'sallyport tokens create --admin --role admin --offline --label Ada',
        does: 'on the host of the authority, when no token is left',
      },
    ],
    load: async () => (await import('./commands/tokens.ts')).createToken,
  },
  {
    name: 'tokens list',
    summary: 'List tokens; their texts are not kept',
    options: [
      { flags: '--admin', summary: 'admin tokens instead of enrolment tokens' },
      { flags: '--app <id>', summary: 'enrolment tokens of this app alone' },
      ...pageOptions,
    ],
    examples: [{ line: 'sallyport tokens list', does: 'which were used, and for what' }],
    load: async () => (await import('./commands/tokens.ts')).listTokens,
  },
  {
    name: 'tokens revoke',
    summary: 'Revoke a token',
    arguments: [{ name: '<id>', summary: 'ent_… or adm_…, as `tokens list` shows it' }],
    options: [
      {
        flags: '--keep-made',
        summary:
          'leave what an admin token made: admin and enrolment tokens, credentials of ACME and MDMs; else it ends too',
      },
    ],
    examples: [
      {
        line: 'sallyport tokens revoke "$(sallyport tokens create --json | grep -o \'ent_[a-z2-7]*\' | head -n 1)"',
        does: 'one that was just made',
      },
    ],
    load: async () => (await import('./commands/tokens.ts')).revokeToken,
  },
  ...acmeCommands,
  ...mdmCommands,
  {
    name: 'approve',
    summary: 'List the enrolments that wait for approval, approve one, or deny it',
    arguments: [{ name: '[id]', summary: 'the approval; without it they are listed' }],
    options: [{ flags: '--deny', summary: 'deny it' }, reason, ...pageOptions],
    examples: [{ line: 'sallyport approve', does: 'who waits' }],
    load: async () => (await import('./commands/approve.ts')).approve,
  },
  {
    name: 'gateways list',
    summary: 'List gateways, when each was last heard and how far it is behind',
    examples: [{ line: 'sallyport gateways list', does: 'which one is silent' }],
    load: async () => (await import('./commands/gateways.ts')).listGateways,
  },
  {
    name: 'gateways certify',
    summary: 'Make the certificate that another gateway shows the authority',
    details:
      'On the machine that has the key of the service root. Writes <name>.crt, <name>.key and service-ca.crt, never over anything. A gateway is known to the authority from its first call on.',
    arguments: [{ name: '<name>', summary: 'the gateway, as gateway.name says it' }],
    options: [
      { flags: '--out <folder>', summary: 'where to write (default: this folder)' },
      serviceRootKeys,
    ],
    examples: [
      {
        line: 'sallyport gateways certify gateway-2 --out gateway-2',
        does: 'then carry the folder to its machine, and delete it here',
      },
    ],
    load: async () => (await import('./commands/gateways.ts')).certifyGateway,
  },
  {
    name: 'gateways revoke',
    asks: true,
    summary: 'Revoke a gateway: the authority does not answer it any more',
    arguments: [{ name: '<name>', summary: 'the gateway' }],
    details:
      'One person does so while at least half of the gateways that served within the hour are left; beyond that it takes two. What is left to do elsewhere is listed.',
    options: [
      reason,
      {
        flags: '--unknown',
        summary: 'also a name that no gateway has called by yet, whose certificate leaked',
      },
    ],
    examples: [
      {
        line: 'sallyport gateways revoke gateway-2 --yes --reason "machine retired"',
        does: 'end its process as well',
      },
    ],
    load: async () => (await import('./commands/gateways.ts')).revokeGateway,
  },
  {
    name: 'feed status',
    summary: 'See how far the feed is, what signs it, and what gateways kept from an epoch before',
    details:
      'Exit code 1 where something is to be decided: after a backup was restored, gateways go on refusing what the backup does not know to have ended.',
    examples: [{ line: 'sallyport feed status', does: 'after a backup was restored' }],
    load: async () => (await import('./commands/feed.ts')).showFeed,
  },
  {
    name: 'feed unconfirmed',
    summary: 'List what gateways refuse because an epoch before had ended it',
    options: pageOptions,
    examples: [{ line: 'sallyport feed unconfirmed', does: 'what the backup did not know' }],
    load: async () => (await import('./commands/feed.ts')).listUnconfirmed,
  },
  {
    name: 'feed confirm',
    asks: true,
    summary: 'End again what an epoch before had ended',
    details:
      'Devices, certificates and tokens that the registry knows are ended in it again, with a row in the audit log each. Of others, enrolled after the backup was made, the refusal is kept until their certificates expire.',
    arguments: [{ name: '[keys...]', summary: 'as `sallyport feed unconfirmed` lists them' }],
    options: [{ flags: '--all', summary: 'everything that is open' }, reason],
    examples: [
      { line: 'sallyport feed confirm --all --yes', does: 'what you want in all likelihood' },
    ],
    load: async () => (await import('./commands/feed.ts')).confirmUnconfirmed,
  },
  {
    name: 'feed drop',
    asks: true,
    summary: 'Let in again what an epoch before had ended',
    details: 'For what was ended by mistake since the backup. Needs the role admin, and a reason.',
    arguments: [{ name: '[keys...]', summary: 'as `sallyport feed unconfirmed` lists them' }],
    options: [{ flags: '--all', summary: 'everything that is open' }, reason],
    examples: [
      {
        line: 'sallyport feed drop dev_aaaaaaaaaaaaaaaaaaaaaaaaaa --yes --reason "suspended by mistake"',
        does: 'one device',
      },
    ],
    load: async () => (await import('./commands/feed.ts')).dropUnconfirmed,
  },
  {
    name: 'feed keys',
    summary: 'Write the public keys of the feed, for gateways to pin',
    options: [{ flags: '--out <file>', summary: 'where to write (default: to the terminal)' }],
    examples: [
      { line: 'sallyport feed keys --out feed-keys.json', does: 'then name it as feedKeysFile' },
    ],
    load: async () => (await import('./commands/feed.ts')).writeFeedKeys,
  },
  {
    name: 'feed replace-keys',
    asks: true,
    summary: 'Sign the feed with a new key at once: others may have the old one',
    details:
      'It takes two people: whoever has a new key trusted can have gateways told anything. Without it a key signs for a year, and the next one is announced sixty days ahead. Gateways that are away meanwhile follow the key sets in order when they come back.',
    options: [reason],
    examples: [
      { line: 'sallyport feed replace-keys --yes --reason "host was lost"', does: 'role admin' },
    ],
    load: async () => (await import('./commands/feed.ts')).replaceFeedKeys,
  },
  {
    name: 'certificates renew',
    summary: 'Renew the certificates of servers and gateways that end soon',
    details:
      'On the machine that has the key of the service root. Those that the configuration names and the service root issued get the names they had, a new key and 397 days. Certificates of other CAs are left alone. Exit code 1 where a file cannot be read.',
    options: [
      {
        flags: '--within <span>',
        summary: 'renew what ends within this, or by then (default: 60d)',
      },
      serviceRootKeys,
    ],
    examples: [
      { line: 'sallyport certificates renew', does: 'what doctor warns of' },
      { line: 'sallyport certificates renew --within 400d', does: 'all of them' },
    ],
    load: async () => (await import('./commands/certificates.ts')).renewServiceCertificates,
  },
  {
    name: 'certificates create',
    summary: 'Make the certificate of a server, for other names than `init` did',
    details:
      'On the machine that has the key of the service root. For an admin listener that other machines reach, or another host. Writes <first name>.crt and <first name>.key, never over anything; they last 397 days, and `certificates renew` renews them.',
    arguments: [{ name: '<name...>', summary: 'DNS names and IP addresses of the server' }],
    options: [
      { flags: '--out <folder>', summary: 'where to write (default: this folder)' },
      serviceRootKeys,
    ],
    examples: [
      {
        line: 'sallyport certificates create admin.example.com localhost --out certificates',
        does: 'so that gateways on other machines reach the authority by a name',
      },
    ],
    load: async () => (await import('./commands/certificates.ts')).createServerCertificate,
  },
  {
    name: 'certificates list',
    summary: 'List the certificates of devices, those that end first before the others',
    details:
      'All of them, or those that options name. --ends and --ended leave out what was renewed: they are the phones that are off, or cannot renew.',
    options: [
      { flags: '--status <status>', summary: 'active, superseded or revoked' },
      { flags: '--app <id>', summary: 'of this app' },
      { flags: '--device <id>', summary: 'of this device' },
      {
        flags: '--user <subject>',
        summary: 'of the devices of this user, as the identity provider names them',
      },
      { flags: '--issuer <id>', summary: 'of this CA, as `ca list --json` names it' },
      { flags: '--ends <span>', summary: 'ends within this, or by then, and was not renewed' },
      { flags: '--ended <span>', summary: 'ended within this, or since then, and was not renewed' },
      ...pageOptions,
    ],
    examples: [
      {
        line: 'sallyport certificates list --ends 1d',
        does: 'who has not renewed, and soon cannot call',
      },
      {
        line: `sallyport certificates list --device ${anyDevice}`,
        does: 'the lineage of a device',
      },
    ],
    load: async () => (await import('./commands/certificate-list.ts')).listCertificates,
  },
  {
    name: 'certificates show',
    summary: 'Show a certificate, with its PEM',
    details:
      'Of a file, or by its thumbprint, in base64url or as openssl prints it (SHA-256 in hex), or by its serial number.',
    arguments: [{ name: '<certificate>', summary: 'a file, or its thumbprint or serial number' }],
    examples: [
      {
        line: 'sallyport certificates show .sallyport/dev/device/device.crt',
        does: 'whose it is',
      },
    ],
    load: async () => (await import('./commands/certificate-list.ts')).showCertificate,
  },
  {
    name: 'certificates status',
    summary: 'What the registry, the feed and the published status say of one certificate',
    details:
      'Of a file, or by its thumbprint, in base64url or as openssl prints it (SHA-256 in hex), or by its serial number. Says as well which gateways have not confirmed the last change about it. Exit code 1 where it does not count.',
    arguments: [{ name: '<certificate>', summary: 'a file, or its thumbprint or serial number' }],
    examples: [
      {
        line: 'sallyport certificates status .sallyport/dev/device/device.crt',
        does: 'of a certificate that you have',
      },
    ],
    load: async () => (await import('./commands/certificate-status.ts')).showCertificateStatus,
  },
  {
    name: 'certificates lists',
    summary: 'The revocation lists that are published, and whether they are up to date',
    details:
      'Of apps with certificate.revocation: published. current: everything that ended is on it. behind: not yet, for seconds. lapsed or missing: whoever looks at it refuses every device; then the exit code is 1.',
    examples: [
      { line: 'sallyport certificates lists', does: 'every list, how old it is and where' },
      { line: 'sallyport certificates lists --json', does: 'with numbers and all addresses' },
    ],
    load: async () => (await import('./commands/revocation-lists.ts')).listRevocationLists,
  },
  {
    name: 'ca list',
    summary: 'List the CAs that issue device certificates, and the requests that wait for a root',
    details:
      'issues: the one that issues now, of each app, kind and lane. announced: it issues within a minute. followed or retired: believed, and issues no more. pending: its certificate is to come. revoked: withdrawn, and believed by nobody.',
    options: [
      { flags: '--app <id>', summary: 'of this app' },
      { flags: '--kind <kind>', summary: 'device, development or unattested' },
      { flags: '--ids', summary: 'only the ids of those that issue now, for scripts' },
    ],
    examples: [
      {
        line: 'sallyport ca list',
        does: 'which CA issues, until when',
      },
      {
        line: 'sallyport ca list --app demo --kind device --ids',
        does: 'for scripts',
      },
    ],
    load: async () => (await import('./commands/ca.ts')).listAuthorities,
  },
  {
    name: 'ca export',
    summary: 'Print the certificate of a CA or a root, or a request while that waits',
    details: 'Never a key: keys lie in authority.keys.directory, a token or a vault.',
    arguments: [
      { name: '<id>', summary: 'as `sallyport ca list` has it; or device-root, development-root' },
    ],
    options: [{ flags: '--out <file>', summary: 'a file in place of stdout' }],
    examples: [
      {
        line: 'sallyport ca export device-root',
        does: 'for the machine that has its key',
      },
    ],
    load: async () => (await import('./commands/ca.ts')).exportAuthority,
  },
  {
    name: 'ca init',
    needsNoConfig: true,
    summary: 'Make a root on a machine of its own, that is never on a network',
    details:
      'Writes its key, under a passphrase, and its certificate into a folder. The certificate goes to the authority (`sallyport ca import --root`), the key never does.',
    arguments: [{ name: '<folder>', summary: 'where they are written, mode 0700' }],
    options: [
      { flags: '--trust-domain <domain>', summary: 'that of the deployment' },
      { flags: '--kind <kind>', summary: 'device or development (default: device)' },
      { flags: '--years <number>', summary: 'how long it is valid (default: 20)' },
    ],
    examples: [
      {
        line: 'SALLYPORT_PASSPHRASE="of the offline root" sallyport ca init root --trust-domain sallyport.test',
        does: 'asks for the passphrase where there is none',
      },
    ],
    load: async () => (await import('./commands/ca-offline.ts')).initRoot,
  },
  {
    name: 'ca import',
    summary:
      'Bring the certificate that a root issued for a request; or, with --root, that of the root',
    details:
      'The certificate must be of a key whose request is out, issued by the root of this deployment, with exactly our profile. With --root: new CAs are requested of this root from now on, whose key stays elsewhere; those that issue go on.',
    arguments: [{ name: '<file>', summary: 'PEM' }],
    options: [
      { flags: '--root', summary: 'it is the certificate of a root' },
      { flags: '--kind <kind>', summary: 'of which root: device or development (default: device)' },
      {
        flags: '--announced <span>',
        summary: 'how long before it issues, such as 30d (default: 1m)',
      },
    ],
    asks: true,
    examples: [
      {
        line: 'sallyport ca import root/device-root.crt --root --yes',
        does: 'the key of the root is kept offline',
      },
    ],
    load: async () => (await import('./commands/ca.ts')).importAuthority,
  },
  {
    name: 'ca rotate',
    summary: 'Make one more CA of an app, which takes over from the one before',
    details:
      'With a new key. Gateways are told of it at once and believe both; it issues a minute later, and devices get a certificate of it with their next renewal. Where the key of the root is elsewhere, a request is made in its place, for `sallyport ca issue` there.',
    arguments: [{ name: '<app>', summary: 'the app' }],
    options: [
      { flags: '--kind <kind>', summary: 'device, development or unattested (default: device)' },
      { flags: '--lane <name>', summary: 'of an app that has several CAs of a kind' },
      { flags: '--out <file>', summary: 'where the request is written, where one is made' },
      {
        flags: '--announced <span>',
        summary: 'how long before it issues, such as 30d (default: 1m)',
      },
    ],
    examples: [
      {
        line: 'sallyport ca rotate demo --out demo.csr',
        does: 'a new CA, or the request of one',
      },
    ],
    load: async () => (await import('./commands/ca.ts')).rotateAuthority,
  },
  {
    name: 'ca issue',
    needsNoConfig: true,
    summary: 'Issue a CA from its request, on the machine that has the root',
    details:
      'What the CA may do is of this command alone: it issues for devices of one app, for no server, no other CA and no other trust domain. Of the request its key is used, and nothing else.',
    arguments: [{ name: '<request>', summary: 'PEM, of `sallyport ca rotate --out`' }],
    options: [
      {
        flags: '--root <folder>',
        summary: 'what `sallyport ca init` wrote (default: this folder)',
      },
      { flags: '--app <id>', summary: 'the app' },
      { flags: '--trust-domain <domain>', summary: 'that of the deployment' },
      { flags: '--kind <kind>', summary: 'device, development or unattested (default: device)' },
      { flags: '--lane <name>', summary: 'of an app that has several CAs of a kind' },
      { flags: '--years <number>', summary: 'how long it is valid (default: 10)' },
      { flags: '--out <file>', summary: 'the certificate (default: beside the request)' },
    ],
    examples: [
      {
        line: 'SALLYPORT_PASSPHRASE="of the offline root" sallyport ca issue demo.csr --root root --app demo --trust-domain sallyport.test',
        does: 'writes demo.crt',
      },
    ],
    load: async () => (await import('./commands/ca-offline.ts')).issueFromRequest,
  },
  {
    name: 'ca sign-list',
    needsNoConfig: true,
    summary: 'Sign the revocation list of a root, on the machine that has it',
    details:
      'For whatever looks at the whole chain of a certificate, as nginx does. Bring it with `sallyport ca import-list`, and sign another before it lapses. What was withdrawn stands in the file of --withdrawn, all of it each time: CAs; under the root of services, certificates of servers. Reads the passphrase from SALLYPORT_PASSPHRASE, or asks.',
    options: [
      {
        flags: '--root <folder>',
        summary: 'what `sallyport ca init` wrote (default: this folder)',
      },
      {
        flags: '--kind <kind>',
        summary: 'of which root: device, development or service (default: device)',
      },
      { flags: '--withdrawn <file>', summary: 'the certificates that were withdrawn, PEM' },
      { flags: '--days <number>', summary: 'how long it counts (default: 90)' },
      { flags: '--out <file>', summary: 'where it is written, PEM (default: device-root.crl)' },
    ],
    examples: [
      {
        line: 'SALLYPORT_PASSPHRASE="of the offline root" sallyport ca sign-list --root root --out root.crl',
        does: 'nothing was withdrawn',
      },
    ],
    load: async () => (await import('./commands/ca-sign-list.ts')).signRootList,
  },
  {
    name: 'ca import-list',
    summary: 'Publish the revocation list of a root whose key is elsewhere',
    details:
      'The file is a complete list of version 2, PEM or DER, that the root signed. It has a greater number than the one before it, and every CA that was withdrawn. docs/guide/published-status.md has how to sign one.',
    arguments: [{ name: '<file>', summary: 'the list' }],
    examples: [{ line: 'sallyport ca import-list root.crl', does: 'checks it, and publishes it' }],
    load: async () => (await import('./commands/revocation-lists.ts')).importRevocationList,
  },
  {
    name: 'ca withdraw',
    asks: true,
    summary: 'Withdraw a CA whose key was lost or leaked',
    details:
      'Gateways refuse what it issued as soon as they hear of it, and end the connections; devices are told to enrol anew. Another CA is made at once where the key of the root is here; else its request waits. Nothing brings a CA back.',
    arguments: [{ name: '<id>', summary: 'as `sallyport ca list` has it' }],
    options: [reason],
    examples: [
      {
        line: 'sallyport ca withdraw "$(sallyport ca list --app demo --kind device --ids)" --reason "key leaked" --yes',
        does: 'without being asked',
      },
    ],
    load: async () => (await import('./commands/ca.ts')).withdrawAuthority,
  },
  {
    name: 'ca compare',
    asks: true,
    summary: 'Find certificates that were signed and that the registry does not have',
    details:
      'Holds what the signer wrote down against the store, and the store against that; an authority that was taken over can have certificates signed and record none. Reads both itself, as the user of the signer, and asks no authority. Exits with 1 where they differ. Where there are several signers, copy the journals of the others and name each. What lost a race, or was signed while the store was away, is found too: nobody was given it, and refusing it harms nobody.',
    options: [
      {
        flags: '--journal <folder>',
        summary: 'the journal of another signer over this store; can be repeated',
        repeatable: true,
      },
      {
        flags: '--since <time>',
        summary: 'look at what was signed since: such as 24h, 7d or a time',
      },
      {
        flags: '--revoke',
        summary: 'have every gateway refuse those of devices, by thumbprint and for good',
      },
      reason,
    ],
    examples: [{ line: 'sallyport ca compare --since 7d', does: 'every week, and after an alarm' }],
    load: async () => (await import('./commands/ca-compare.ts')).compareSigned,
  },
  {
    name: 'ca passphrase',
    summary: 'Encrypt the keys of the CAs under another passphrase',
    details:
      'On the machine that has them. The old one as the signer gets it; the new one of SALLYPORT_NEW_PASSPHRASE, or typed twice. Files of keys, and authority.keys.passphraseFile, are replaced; restart the signer after it. What was cut short is finished by running it again.',
    examples: [
      {
        line: 'SALLYPORT_NEW_PASSPHRASE="correct horse battery staple" sallyport ca passphrase',
        does: 'without being asked',
      },
    ],
    load: async () => (await import('./commands/ca-passphrase.ts')).changeKeyPassphrase,
  },
  {
    name: 'attestation verify',
    summary: 'Verify evidence from a file, as an enrolment would',
    details:
      'The file is a PEM chain with the leaf first, a JSON array of base64 DER, CBOR or base64 of it, a token, or what `sallyport devices show --evidence` prints; - is stdin. Prints every check: passed, failed with the fix, or unchecked where no option asks for it. An assertion of App Attest needs --public-key, --counter, --app-id and --environment. Nothing is fetched, and only --app reads the configuration. Exit code 0 accepted, 1 refused, 2 wrong use, 3 a file could not be read.',
    arguments: [{ name: '<file>', summary: 'the evidence' }],
    options: [
      { flags: '--format <name>', summary: evidenceFormatNames },
      { flags: '--app <id>', summary: 'ask for what this app of the configuration asks for' },
      {
        flags: '--challenge <bytes>',
        summary: 'what it must answer: hex:…, text:… or base64:…',
      },
      {
        flags: '--spki <key>',
        summary: 'the key that it must be about: a file (public key, CSR, certificate) or base64',
      },
      {
        flags: '--at <time>',
        summary:
          'verify as of then, such as 2026-11-21T09:00:00Z or 7d for a week ago (default: now)',
      },
      {
        flags: '--minimum-assurance <assurance>',
        summary: 'strongbox, tee, secure-enclave, app-attested or software',
      },
      {
        flags: '--roots <folder>',
        summary: 'PEM files of roots, in place of all that are built in',
      },
      {
        flags: '--package <name>',
        summary: 'Android: the package that made it; can be repeated, one must match',
        repeatable: true,
      },
      {
        flags: '--signer-digest <sha256>',
        summary: 'Android: of the certificate that the app is signed with, hex; can be repeated',
        repeatable: true,
      },
      {
        flags: '--status-list <file>',
        summary: "android-key: Google's list of keys that are no longer good",
      },
      {
        flags: '--key-kind <kind>',
        summary: 'android-key: accept this kind of key, such as ml-dsa-65; can be repeated',
        repeatable: true,
      },
      {
        flags: '--minimum-patch-level <date>',
        summary: 'android-key: of the system, such as 2026-05',
      },
      { flags: '--require-locked-bootloader', summary: 'android-key' },
      { flags: '--require-verified-boot', summary: 'android-key' },
      {
        flags: '--allow-attest-key',
        summary: 'android-key: a key of the same phone may have attested this one',
      },
      {
        flags: '--app-id <id>',
        summary: 'App Attest: TEAMID.bundle.id; can be repeated',
        repeatable: true,
      },
      { flags: '--key-id <base64>', summary: 'App Attest: as generateKey returned it' },
      {
        flags: '--client-data <bytes>',
        summary:
          'App Attest, Play Integrity: what was hashed, as for --challenge; without it, what a phone makes of --challenge and --spki when it enrols, or --challenge alone',
      },
      { flags: '--environment <name>', summary: 'App Attest: production or development' },
      { flags: '--public-key <key>', summary: 'App Attest: whose assertion it is, as for --spki' },
      { flags: '--counter <number>', summary: 'App Attest: that of the assertion before' },
      ...playIntegrityKeys,
    ],
    examples: [
      {
        line: `sallyport devices show ${anyDevice} --evidence | sallyport attestation verify - --format android-key --app demo`,
        does: 'what a device enrolled with, once more',
      },
    ],
    load: async () => (await import('./commands/attestation.ts')).verifyAttestation,
  },
  {
    name: 'attestation show',
    summary: 'Print everything that can be read from evidence',
    details:
      'Files are as for `attestation verify`. Nothing is verified: what is printed is what the file says.',
    arguments: [{ name: '<file>', summary: 'the evidence' }],
    options: [
      { flags: '--format <name>', summary: `${evidenceFormatNames} (default: guessed)` },
      ...playIntegrityKeys,
    ],
    examples: [
      {
        line: `sallyport devices show ${anyDevice} --evidence | sallyport attestation show -`,
        does: 'what a device enrolled with',
      },
    ],
    load: async () => (await import('./commands/attestation.ts')).showAttestation,
  },
  {
    name: 'attestation report',
    summary: 'Print what policy costs: which phones it refuses, or would in mode enforce',
    details:
      'Of the enrolments and renewals of a time, how many were accepted, and which checks lose how many, by model, version of the system and of the app.',
    options: [
      { flags: '--app <id>', summary: 'of this app (default: all)' },
      { flags: '--days <count>', summary: 'the last so many days, up to 90 (default: 30)' },
      { flags: '--purpose <purpose>', summary: 'enroll or renew (default: both)' },
      { flags: '--top <count>', summary: 'at most so many lines of each list (default: 20)' },
    ],
    examples: [
      { line: 'sallyport attestation report --days 7', does: 'before mode shadow becomes enforce' },
    ],
    load: async () => (await import('./commands/attestation-operations.ts')).reportAttestation,
  },
  {
    name: 'attestation status',
    summary: 'Print how fresh roots and status list are, and what is wrong with them',
    details:
      'Also which enrolled devices the list names, the first twenty, and for how many of them policy is not carried out yet. Exit code 1 where something is wrong that an app depends on.',
    options: [{ flags: '--refresh', summary: 'have them fetched first, or the snapshot read' }],
    examples: [{ line: 'sallyport attestation status', does: 'how old is the status list' }],
    load: async () => (await import('./commands/attestation-operations.ts')).showAttestationStatus,
  },
  {
    name: 'attestation accept-list',
    asks: true,
    summary: 'Take up a status list that the authority does not believe',
    details:
      'A list that lost most of its entries is set aside, and the one before goes on to count: `attestation status` tells of it. Exit code 1 where none waits.',
    examples: [
      {
        line: 'sallyport attestation accept-list --yes',
        does: 'once its publisher confirmed it',
      },
    ],
    load: async () => (await import('./commands/attestation-operations.ts')).acceptStatusList,
  },
  {
    name: 'attestation snapshot',
    needsNoConfig: true,
    summary: 'Fetch roots and status list into a signed file, for hosts without internet',
    details:
      'On a machine that has internet. --new-key makes the key that snapshots are signed with, and writes nothing else; its public half lies beside it, and hosts name that as attestation.snapshot.publicKeyFile.',
    options: [
      { flags: '--out <file>', summary: 'where to write the snapshot' },
      { flags: '--key <file>', summary: 'PEM: the Ed25519 or P-256 private key to sign with' },
      { flags: '--new-key', summary: 'make that key first: --key and --key with .pub' },
      { flags: '--roots-url <url>', summary: "where roots are published (default: Google's)" },
      { flags: '--status-list-url <url>', summary: "where the list is (default: Google's)" },
    ],
    examples: [
      { line: 'sallyport attestation snapshot --new-key --key snapshot.key', does: 'once' },
      {
        line: 'sallyport attestation snapshot --key snapshot.key --out attestation.jws',
        does: 'every day or two',
      },
    ],
    load: async () => (await import('./commands/attestation-snapshot.ts')).makeSnapshot,
  },
  ...pinsCommands,
  ...storeCommands,
  {
    name: 'shadow report',
    summary: 'Print what stages in mode shadow would have refused',
    details:
      'By route and reason, and by version of the app within: how many requests, of how many, and about how many devices. Counted exactly at every gateway, by the hour, and kept for 30 days. A stage that is enforced for a part counts for the rest.',
    options: [
      { flags: '--hours <count>', summary: 'the last so many hours, up to 720 (default: 24)' },
      { flags: '--route <name>', summary: 'of this route (default: all)' },
      { flags: '--stage <name>', summary: 'of this stage (default: all)' },
      { flags: '--app <id>', summary: 'of this app (default: all)' },
      { flags: '--top <count>', summary: 'at most so many lines of each list (default: 20)' },
    ],
    examples: [
      { line: 'sallyport shadow report --hours 168', does: 'before mode shadow becomes enforce' },
    ],
    load: async () => (await import('./commands/shadow.ts')).reportShadow,
  },
  {
    name: 'break-glass',
    summary: 'Make a stage of the gateway on this host laxer for a while',
    details:
      'For when a layer refuses what it should not, and nobody who could mend it is there. Works without the authority, ends by itself, and is told to the log, the metrics and, as soon as it is reached, the audit log of the authority. Who may write the state directory of the gateway may do this. It never makes a stage stricter; a TLS handshake that is refused (clientCertificate: require) it does not change. Without a route: what is open. Exit code 3 where the gateway did not say that it goes by it.',
    arguments: [{ name: '[route]', summary: 'the name of a route, or all' }],
    options: [
      { flags: '--stage <name>', summary: 'the stage, as under `stages` of a route' },
      { flags: '--mode <mode>', summary: 'shadow or off (default: shadow)' },
      { flags: '--for <span>', summary: 'such as 30m; up to 24h' },
      { flags: '--reason <text>', summary: 'why: it is kept with your name' },
      { flags: '--end', summary: 'end it now' },
    ],
    examples: [
      {
        line: 'sallyport break-glass all --stage device --mode shadow --for 5m --reason "drill"',
        does: 'every request is decided as before, and let through',
      },
      { line: 'sallyport break-glass all --stage device --end', does: 'and back' },
    ],
    load: async () => (await import('./commands/break-glass.ts')).breakGlass,
  },
  {
    name: 'explain',
    summary: 'Explain a refusal, a certificate, or failed handshakes',
    details:
      'A request id or support code: every stage, what it expected and found, and the fix. A certificate file: every check that a gateway makes, run to the end, and its status; exit code 1 where it would be refused. --address: the handshakes of an address that failed.',
    arguments: [
      { name: '[what]', summary: 'a request id, a support code, or a file with a certificate' },
    ],
    options: [
      { flags: '--address <address>', summary: 'failed handshakes from this address' },
      { flags: '--since <time>', summary: 'such as 10m, or a time (default: 1h)' },
    ],
    examples: [
      {
        line: 'sallyport explain .sallyport/dev/device/device.crt',
        does: 'would a gateway take this certificate',
      },
      {
        line: 'sallyport explain --address 127.0.0.1 --since 10m',
        does: 'why does this phone not connect',
      },
    ],
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'doctor',
    summary: 'Look for what is wrong, or will be soon',
    details:
      'Configuration, files and their modes, certificates, clocks, listeners, the authority, silent gateways, what evidence is judged by, insecure switches. Each line says what was looked at, what was found and the fix. With --outside nothing of that: it asks a running gateway as anyone can, without a certificate and then with forged ones in every form that proxies write, forged addresses and PROXY headers; what changes the answer is believed by somebody, and fails. Ask a route that needs a device, from a place where devices are. Exit code 1 where something fails.',
    options: [
      { flags: '--outside <url>', summary: 'claim to be a device there, and see who believes it' },
      {
        flags: '--certificate <file>',
        summary: 'with --outside: claim this certificate of a real device too, PEM',
        repeatable: true,
      },
    ],
    examples: [
      { line: 'sallyport doctor', does: 'before a release, and when something is odd' },
      { line: 'sallyport doctor --outside https://localhost:8440/hello', does: 'from outside' },
    ],
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'scan',
    summary:
      'Say what an app gives away before it ships: keys, connections without TLS, pins that end',
    details:
      'APK, AAB, APKS, XAPK, APKM, IPA, .app, AAR, JAR, a library, a folder, or any file; what it is, is told by its content. Everything happens on this machine, and nothing is sent. Findings are worst first, each with how it was proven and what to do; what could not be looked into is listed as well. Exit code 0 where nothing is at or above --fail-on, 1 where something is or a suppression has run out, 2 for wrong use, 3 where a file could not be read at all, or not as a package: cut off, damaged, encrypted, or none. Defaults are taken from `scan` in the configuration file, where there is one.',
    arguments: [{ name: '<file...>', summary: 'packages, or folders' }],
    options: [
      { flags: '--format <format>', summary: 'text, json, sarif, html or junit (default: text)' },
      { flags: '--output <file>', summary: 'write the report there, whole or not at all' },
      {
        flags: '--fail-on <severity>',
        summary: 'critical, high, medium, low or never (default: high)',
      },
      {
        flags: '--baseline <file>',
        summary: 'an earlier report in JSON: what is in it does not fail',
      },
      {
        flags: '--suppressions <file>',
        summary: 'findings that somebody answers for until a day, YAML',
      },
      {
        flags: '--diff <old>',
        summary: 'an older package, or its report in JSON: say what is new, gone and unchanged',
      },
      {
        flags: '--rules <ids>',
        summary: 'only these rules, or with a dash before them all but these: -secret-logged',
        repeatable: true,
      },
      {
        flags: '--gateway-config <file>',
        summary: 'a sallyport.yaml: find endpoints of yours that need no device there',
      },
      {
        flags: '--own-domain <domain>',
        summary: 'a domain of yours, which should be pinned (default: guessed from the package id)',
        repeatable: true,
      },
      {
        flags: '--submitted-at <time>',
        summary: 'when the build goes to the store: pins and certificates are judged by it',
      },
      {
        flags: '--release-window <days>',
        summary: 'how long it is in use from then on (default: 60)',
      },
      {
        flags: '--authority',
        summary: 'ask the authority whether certificates in the package are its own',
      },
      {
        flags: '--offline',
        summary: 'send nothing, as by default; said in a script, it refuses --authority',
      },
    ],
    examples: [
      {
        line: 'sallyport scan .sallyport/dev/device',
        does: 'a certificate with its key, as it must never ship',
      },
    ],
    load: async () => (await import('./scan/load-scan.ts')).loadScan(),
  },
  {
    name: 'access test',
    summary: 'Run a table of cases against the rules of the access stage',
    details:
      'Each case is a request with a user and a device, and what should come of it: allow or deny, and by which rule or reason. The stage is that of the gateway; nothing is dialled, users and devices are taken as the table describes them. Prints the table, and of each case that came out otherwise what every rule found. Exit code 1 where one did.',
    arguments: [{ name: '<file>', summary: 'the table, YAML' }],
    examples: [
      {
        line: "printf 'cases: [{ path: /, expect: allow }]' > access.yaml && sallyport access test access.yaml",
        does: 'before a rule is changed',
      },
    ],
    load: async () => (await import('./commands/cases.ts')).testAccess,
  },
  {
    name: 'routes test',
    summary: 'Run a table of requests against the configuration, offline',
    details:
      'As `access test`, through every stage that needs no network: host, address, device, route, token as the table gives the user, access. What counts or remembers (limits, replay) and what is fetched (block lists) is not run, and the last line says so.',
    arguments: [{ name: '<file>', summary: 'the table, YAML' }],
    examples: [
      {
        line: "printf 'cases: [{ path: /, expect: deny }]' > routes.yaml && sallyport routes test routes.yaml",
        does: 'in the build, on every change',
      },
    ],
    load: async () => (await import('./commands/cases.ts')).testRoutes,
  },
  {
    name: 'config validate',
    summary: 'Check the configuration file',
    details:
      'Exit code 1, with file, line and column, where it is not valid, or an authority or gateway would not start with it; 3 where a file that it names cannot be read. Listeners, clocks and modes of files, `sallyport doctor` looks at.',
    examples: [{ line: 'sallyport config validate', does: 'before a reload' }],
    load: async () => (await import('./commands/config.ts')).validateConfig,
  },
  {
    name: 'config print',
    summary: 'Print the configuration with every default filled in',
    examples: [{ line: 'sallyport config print', does: 'see what is in force' }],
    load: async () => (await import('./commands/config.ts')).printConfig,
  },
  {
    name: 'config schema',
    needsNoConfig: true,
    summary: 'Print the JSON Schema of the configuration file, for editors',
    examples: [
      {
        line: 'sallyport config schema > sallyport.schema.json',
        does: 'then begin the file with: # yaml-language-server: $schema=./sallyport.schema.json',
      },
    ],
    load: async () => (await import('./commands/config.ts')).printSchema,
  },
  {
    name: 'login',
    summary: 'Sign in at the identity provider: a session of the admin API, for some hours',
    details:
      'Prints an address to open in a browser on this machine; with --device, a code to type in a browser anywhere. As authority.admin.signIn says who may. The session is kept for this account (mode 0600), and taken before admin.tokenFile; SALLYPORT_ADMIN_TOKEN goes before it.',
    options: [{ flags: '--device', summary: 'for a host without a browser' }],
    examples: [{ line: 'sallyport login', does: 'in the morning' }],
    load: async () => (await import('./commands/login.ts')).login,
  },
  {
    name: 'logout',
    summary: 'End the session that `login` began, here and at the authority',
    examples: [{ line: 'sallyport logout', does: 'in the evening' }],
    load: async () => (await import('./commands/login.ts')).logout,
  },
  {
    name: 'whoami',
    summary: 'Say as whom commands ask the authority, and what that may',
    examples: [{ line: 'sallyport whoami', does: 'role, apps, verbs, networks, and when it ends' }],
    load: async () => (await import('./commands/login.ts')).whoami,
  },
  {
    name: 'proposals list',
    summary: 'List what waits for a second person',
    details:
      'CAs are added and withdrawn by two, keys of the feed are replaced by two, and so is what loosens what devices are held against; revoking most gateways within an hour, or the last one, takes two, and beyond 20 changes of status an hour (or 0.5 % of the active devices) changes of status take two as well. A proposal is open for a day.',
    options: [
      { flags: '--limit <count>', summary: 'at most so many (default: 100)' },
      { flags: '--all', summary: 'also what was decided, for a month' },
    ],
    examples: [{ line: 'sallyport proposals list', does: 'what, by whom, and why it needs two' }],
    load: async () => (await import('./commands/proposals.ts')).listProposals,
  },
  {
    name: 'proposals agree',
    summary: 'Agree to what somebody else proposed: it is then done, once',
    details:
      'Within what you may do yourself. Exit code 1 where it was refused after all, with the reason. Nobody agrees to what they proposed, with whatever token they made.',
    arguments: [{ name: '<id>', summary: 'prp_…, as `proposals list` shows it' }],
    options: [{ flags: '--reason <text>', summary: 'why, for the audit log' }],
    examples: [
      {
        line: 'sallyport proposals list --json | grep -o "prp_[a-z2-7]*" | head -n 1 | xargs -r sallyport proposals agree',
        does: 'the newest, after you have read it',
      },
    ],
    load: async () => (await import('./commands/proposals.ts')).agreeProposal,
  },
  {
    name: 'proposals decline',
    summary: 'Decline a proposal, also one of your own',
    arguments: [{ name: '<id>', summary: 'prp_…, as `proposals list` shows it' }],
    options: [{ flags: '--reason <text>', summary: 'why, for the audit log' }],
    examples: [
      {
        line: 'sallyport proposals list --json | grep -o "prp_[a-z2-7]*" | head -n 1 | xargs -r sallyport proposals decline --reason "not today"',
        does: 'the newest',
      },
    ],
    load: async () => (await import('./commands/proposals.ts')).declineProposal,
  },
  {
    name: 'webhooks list',
    summary: 'List receivers of events: how far each was told, and why one is called no more',
    examples: [{ line: 'sallyport webhooks list', does: 'which there are, and how they are' }],
    load: async () => (await import('./commands/webhooks.ts')).listWebhooks,
  },
  {
    name: 'webhooks test',
    summary: 'Send a receiver an event of type webhook.test, now and once',
    details: 'Exit code 1 where it did not answer with a status of 2xx.',
    arguments: [{ name: '<name>', summary: 'as under authority.webhooks' }],
    examples: [{ line: 'sallyport webhooks test siem', does: 'with what it answered' }],
    load: async () => (await import('./commands/webhooks.ts')).testWebhook,
  },
  {
    name: 'webhooks retry',
    summary: 'Try a receiver again at once, or send it again what came after a row',
    arguments: [{ name: '<name>', summary: 'as under authority.webhooks' }],
    options: [
      { flags: '--after <row>', summary: 'send again what came after this row of the audit log' },
      { flags: '--chain <name>', summary: 'of the log of this authority (default: authority)' },
      reason,
    ],
    examples: [
      { line: 'sallyport webhooks retry siem', does: 'without waiting for the next attempt' },
      {
        line: 'sallyport webhooks retry siem --after 0',
        does: 'everything again, from the first row',
      },
    ],
    load: async () => (await import('./commands/webhooks.ts')).retryWebhook,
  },
  {
    name: 'webhooks disable',
    summary: 'Send a receiver nothing more; what happens meanwhile waits',
    arguments: [{ name: '<name>', summary: 'as under authority.webhooks' }],
    options: [reason],
    examples: [
      { line: 'sallyport webhooks disable siem --reason maintenance', does: 'for a while' },
    ],
    load: async () => (await import('./commands/webhooks.ts')).disableWebhook,
  },
  {
    name: 'webhooks enable',
    summary: 'Send a receiver events again, from where it stopped',
    arguments: [{ name: '<name>', summary: 'as under authority.webhooks' }],
    options: [{ flags: '--skip', summary: 'leave out what waits' }, reason],
    examples: [{ line: 'sallyport webhooks enable siem', does: 'and what waited is sent' }],
    load: async () => (await import('./commands/webhooks.ts')).enableWebhook,
  },
  {
    name: 'users export',
    summary: 'Print everything that is kept of a user, as JSON',
    details:
      'Rows as they are stored: devices, certificates, approvals, appraisals, decisions, sessions, and rows of the audit log. What somebody may ask for (GDPR, article 15). It is noted in the audit log.',
    arguments: [
      { name: '<subject>', summary: 'as their access tokens say it, or the id hashed:…' },
    ],
    options: [{ flags: '--provider <name>', summary: 'where several providers know such a user' }],
    examples: [{ line: 'sallyport users export ada > ada.json', does: 'for whoever asked' }],
    load: async () => (await import('./commands/users.ts')).exportUser,
  },
  {
    name: 'users forget',
    asks: true,
    summary: 'Forget a user: revoke their devices, and blank what says whose they were',
    details:
      'Rows of devices stay, since their end must be known, without user, address, phone or evidence. The audit log goes on to verify: of each value its commitment is left. Done again it changes nothing. Backups, exports, and the logs of gateways and services are yours to see to.',
    arguments: [
      { name: '<subject>', summary: 'as their access tokens say it, or the id hashed:…' },
    ],
    options: [
      { flags: '--provider <name>', summary: 'where several providers know such a user' },
      { flags: '--revoke', summary: 'revoke devices that count; without it they refuse it' },
      { flags: '--before <time>', summary: 'leave what came later: such as 30d, or a time' },
      { flags: '--reason <text>', summary: 'why, for the audit log: without a name' },
    ],
    examples: [
      {
        line: 'sallyport users forget ada --revoke --yes',
        does: 'their devices end within a second',
      },
    ],
    load: async () => (await import('./commands/users.ts')).forgetUser,
  },
  {
    name: 'audit list',
    summary: 'List rows of the audit log: who did what, to what',
    options: [
      { flags: '--actor <who>', summary: 'such as admin:adm_… or device:dev_…' },
      { flags: '--action <what>', summary: 'such as device.revoked' },
      { flags: '--subject <id>', summary: 'to what: an id' },
      {
        flags: '--since <time>',
        summary: 'from then on: such as 7d, 2027-01-31 or 2027-01-31T12:00:00Z',
      },
      { flags: '--until <time>', summary: 'before then, alike' },
      { flags: '--chain <name>', summary: 'of another authority than the one that is asked' },
      { flags: '--after <row>', summary: 'rows after this one' },
      { flags: '--limit <number>', summary: 'most rows (default: 100)' },
    ],
    examples: [
      { line: 'sallyport audit list --action admin-token.created', does: 'who was let in' },
    ],
    load: async () => (await import('./commands/audit-export.ts')).listAudit,
  },
  {
    name: 'audit export',
    summary: 'Print the audit log as JSON lines, to keep elsewhere',
    details:
      'Every row with the hashes that chain it, held against the one before while it is printed. The last word says where to go on: --after prints what came since. Exit code 1 where the log ends before that row, or nobody has such a chain. `audit check` verifies an export on any machine.',
    options: [
      { flags: '--after <row>', summary: 'go on after this row (default: from the first)' },
      { flags: '--chain <name>', summary: 'of another authority than the one that is asked' },
      {
        flags: '--checkpoints',
        summary:
          'behind the rows, the signed ends of all chains: `store restore --audit` holds rows against them',
      },
    ],
    examples: [{ line: 'sallyport audit export > audit.jsonl', does: 'for the archive' }],
    load: async () => (await import('./commands/audit-export.ts')).exportAudit,
  },
  {
    name: 'audit check',
    needsNoConfig: true,
    summary: 'Verify an export of the audit log, without an authority',
    details: 'Exit code 1, with the row, where one was changed or is missing.',
    arguments: [{ name: '<file>', summary: 'JSON lines, as `audit export` prints them' }],
    examples: [
      {
        line: 'sallyport audit export > audit.jsonl && sallyport audit check audit.jsonl',
        does: 'that each hash holds',
      },
    ],
    load: async () => (await import('./commands/audit-export.ts')).checkAuditExport,
  },
  {
    name: 'audit verify',
    summary: 'Read the whole audit log and work out every hash anew',
    details:
      'Of several authorities each has a chain of its own: all are read, and the signed checkpoints over their ends. Exit code 1, and the row where it breaks, where a row was changed or is missing, or a checkpoint does not hold. That rows are missing after the last checkpoint shows only against a row noted elsewhere: --contains.',
    options: [
      {
        flags: '--contains <[chain:]row:hash>',
        summary: 'what an earlier run printed: that row must still be there',
      },
    ],
    examples: [{ line: 'sallyport audit verify', does: 'note the row it prints somewhere else' }],
    load: async () => (await import('./commands/audit.ts')).verifyAuditLog,
  },
  {
    name: 'reload',
    summary: 'Have what runs here take the configuration file as it is now',
    details:
      'Signer, authority and gateway, one after the other, each its part of the file; no request is lost. One whose part is not valid refuses it with its line, and goes on with what it had: exit code 1. What does not run on this machine is left out.',
    examples: [{ line: 'sallyport config validate && sallyport reload', does: 'after an edit' }],
    load: async () => (await import('./commands/reload.ts')).reload,
  },
  {
    name: 'integrate',
    summary: 'Print the configuration of a proxy that asks Sallyport for decisions',
    details:
      'Whole files that run as printed: TLS with client certificates, the call for a decision on each request, refusals with their real status and problem, bounds for connections and streams, and refusal where no decision can be had. What clients say of their identity is taken off. Needs a caller of that form under gateway.decisions. Print it anew when hosts or upstreams change.',
    arguments: [
      { name: '<proxy>', summary: 'nginx, haproxy, haproxy-agent, caddy, envoy or traefik' },
    ],
    options: [
      { flags: '--listen <address>', summary: 'where the proxy listens (default: 0.0.0.0:443)' },
      {
        flags: '--ask <address>',
        summary:
          'where the proxy, on another machine, reaches gateway.decisions over mutual TLS, such as gateway.internal:9443 (default: the Unix socket; traefik: the address that it listens on)',
      },
      {
        flags: '--identity <folder>',
        summary:
          "with mutual TLS, where caller.crt, caller.key and decisions-ca.crt lie on the proxy's machine (default: /etc/sallyport)",
      },
      {
        flags: '--lists <folder>',
        summary: 'haproxy-agent: where the agent keeps its lists (default: /etc/haproxy/sallyport)',
      },
      { flags: '--file <name>', summary: 'which of its files, where there are several' },
    ],
    examples: [
      {
        line: 'sallyport integrate nginx --listen 0.0.0.0:8443',
        does: 'nginx.conf, with auth_request',
      },
    ],
    load: async () => (await import('./commands/integrate.ts')).integrate,
  },
  {
    name: 'agent haproxy',
    summary: "Keep HAProxy's lists of devices in step with the authority",
    details:
      "Runs until it is ended. Follows the feed under the gateway's identity and writes what is not active into the lists of HAProxy, by its runtime API and into the files that it starts with; ends the streams and WebSockets of a device that is revoked. After a restart of HAProxy or of the authority everything is told anew. HAProxy itself refuses every device when the authority was silent for longer than gateway.status.stopAfterSeconds, also where this agent is gone. Metrics are in agent.prom beside the lists.",
    options: [
      {
        flags: '--lists <folder>',
        summary: 'where the lists lie (default: /etc/haproxy/sallyport)',
      },
      {
        flags: '--socket <path>',
        summary: 'its stats socket (default: haproxy.sock in that folder)',
      },
    ],
    examples: [
      {
        line: 'sallyport agent haproxy --lists "$(mktemp -d)"',
        does: 'beside a HAProxy that runs as integrate haproxy-agent prints it',
      },
    ],
    load: async () => (await import('./commands/agent-haproxy.ts')).agentHaproxy,
  },
  {
    name: 'version',
    needsNoConfig: true,
    summary: 'Print the versions of Sallyport, Node and OpenSSL',
    examples: [{ line: 'sallyport version --json', does: 'for a bug report' }],
    load: async () => (await import('./commands/version.ts')).version,
  },
]
