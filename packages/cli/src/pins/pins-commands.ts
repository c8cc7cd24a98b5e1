// A pure table: the commands of `sallyport pins`.
import type { Command, Option } from '../command.ts'

const file: Option = { flags: '--file <file>', summary: 'the file of pins (default: ./pins.yaml)' }

const targetList =
  'android-nsc, ios-ats, okhttp, trustkit-ios, expo, android-trust-anchors, ios-urlsession or sallyport-sdk'

const connect: Option = {
  flags: '--connect <address>',
  summary: 'look there in place of where DNS says: host:port, or name=host:port; repeatable',
  repeatable: true,
}

const authorities: Option = {
  flags: '--ca <file>',
  summary: 'certificates of a private CA that servers do not send; repeatable',
  repeatable: true,
}

const timeout: Option = {
  flags: '--timeout <seconds>',
  summary: 'for each handshake (default: 10)',
}

const standsFor: Option = {
  flags: '--for <place>',
  summary: 'what a backup will stand for: leaf, intermediate or root (default: leaf)',
}

export const pinsCommands: readonly Command[] = [
  {
    name: 'pins init',
    needsNoConfig: true,
    summary: 'Look at a server, and write its pins into a file',
    details:
      'Asks every address of the name, with ECDSA and with RSA, since one name can have several chains, and works out the chains that clients may build from them, by cross-signs too. Pins intermediates and roots, so that a renewal locks nobody out; --role says otherwise. Nothing is sent but handshakes. What it finds is what this network shows: compare it with what your CA tells.',
    arguments: [{ name: '<host>', summary: 'the server: api.example.com, or with a port' }],
    options: [
      {
        flags: '--role <role>',
        summary: 'leaf, intermediate or root; repeatable',
        repeatable: true,
      },
      connect,
      authorities,
      timeout,
      file,
    ],
    examples: [
      {
        line: 'sallyport pins init localhost:8440 --ca .sallyport/dev/ca.crt',
        does: 'the gateway that `sallyport dev` runs',
      },
    ],
    load: async () => (await import('../commands/pins-edit.ts')).initPins,
  },
  {
    name: 'pins backup',
    needsNoConfig: true,
    summary: 'Make a key for the day that the ones in use are gone, and keep its pin alone',
    details:
      'The key is encrypted (PKCS#8, PBKDF2 with 600,000 rounds, AES-256), written once, and never over anything. Carry it off this machine: a backup beside the key it stands in for is lost with it. A passphrase file that is not there is made.',
    arguments: [{ name: '[host]', summary: 'for this host, where the file has several' }],
    options: [
      { flags: '--out <file>', summary: 'where the encrypted key is written; - is stdout' },
      {
        flags: '--passphrase-file <file>',
        summary: 'what it is encrypted with (default: asked for)',
      },
      {
        flags: '--kind <kind>',
        summary: 'ec-p256, ec-p384, rsa-2048, rsa-3072 or rsa-4096 (default: ec-p256)',
      },
      standsFor,
      file,
    ],
    examples: [
      {
        line: 'sallyport pins backup --out backup.pem --passphrase-file backup.passphrase',
        does: 'then take both off this machine, to different places',
      },
    ],
    load: async () => (await import('../commands/pins-edit.ts')).backupPin,
  },
  {
    name: 'pins add',
    needsNoConfig: true,
    summary: 'Add the pins of a file: certificates, a public key or a signing request',
    details:
      'A certificate tells its place in the chain; a bare key is taken for a backup unless --role says otherwise. With --whole the certificate is kept beside the file as DER, for targets that compare whole certificates: each renewal then needs a build before it.',
    arguments: [{ name: '<file>', summary: 'PEM or DER' }],
    options: [
      { flags: '--host <name>', summary: 'to this host, where the file has several' },
      { flags: '--role <role>', summary: 'leaf, intermediate, root or backup' },
      standsFor,
      { flags: '--whole', summary: 'keep the whole certificate as well' },
      file,
    ],
    examples: [
      {
        line: 'sallyport pins add .sallyport/dev/certificates/server.crt',
        does: 'the certificate that a server has, or will have',
      },
    ],
    load: async () => (await import('../commands/pins-edit.ts')).addPins,
  },
  {
    name: 'pins check',
    needsNoConfig: true,
    summary:
      'Hold the pins against servers, the certificates that come next, and what packages carry',
    details:
      'Every chain that a client may build must have a pin. --next tries a certificate before a server has it: a leaf, or the CA that will be above the leaf in use. Exit code 0 all hold, 1 something is broken or will be, 3 a server could not be asked: for cron.',
    arguments: [{ name: '[host]', summary: 'this host alone' }],
    options: [
      {
        flags: '--next <file>',
        summary: 'certificates that servers will send, the leaf first; repeatable',
        repeatable: true,
      },
      {
        flags: '--package <file>',
        summary: 'an app as it is shipped (APK, AAB, IPA): the pins that are in it; repeatable',
        repeatable: true,
      },
      { flags: '--offline', summary: 'ask no server' },
      connect,
      authorities,
      timeout,
      file,
    ],
    examples: [
      {
        line: 'sallyport pins check --next .sallyport/dev/certificates/server.crt',
        does: 'before the server is given this certificate',
      },
    ],
    load: async () => (await import('../commands/pins-check.ts')).checkPinsCommand,
  },
  {
    name: 'pins plan',
    needsNoConfig: true,
    summary: 'Print when pins must be in the file and in a release, to be on phones in time',
    details:
      'From the dates of certificates and sets, how often builds are released, and how long installs take (release in the file). Exit code 1 where a date that matters has passed.',
    options: [
      { flags: '--live', summary: 'with the certificates that servers send now' },
      { flags: '--ics', summary: 'as iCalendar' },
      connect,
      timeout,
      file,
    ],
    examples: [
      { line: 'sallyport pins plan --ics > pins.ics', does: 'into the calendar of the team' },
    ],
    load: async () => (await import('../commands/pins-check.ts')).planPinsCommand,
  },
  {
    name: 'pins generate',
    needsNoConfig: true,
    summary: 'Print the configuration of a platform, made from the file of pins',
    details:
      'Says exactly what the file says, or refuses with the reason: one label of subdomains is all that App Transport Security knows, any depth all that Android and TrustKit know. A set without a backup, or expired, is refused too. Exit code 1 where it is refused.',
    options: [
      { flags: '--target <name>', summary: targetList },
      { flags: '--out <folder>', summary: 'write its files there, in place of printing the first' },
      {
        flags: '--java-package <name>',
        summary: 'okhttp: the package of the class (default: pins)',
      },
      file,
    ],
    examples: [
      {
        line: 'sallyport pins generate --target android-nsc > network_security_config.xml',
        does: 'for app/src/main/res/xml',
      },
    ],
    load: async () => (await import('../commands/pins.ts')).generatePins,
  },
  {
    name: 'pins explain',
    needsNoConfig: true,
    summary:
      'Tell what the file of pins comes to: which names, which changes it survives, which targets',
    arguments: [{ name: '[host]', summary: 'of this host alone' }],
    options: [file],
    examples: [{ line: 'sallyport pins explain', does: 'before a review' }],
    load: async () => (await import('../commands/pins.ts')).explainPins,
  },
]
