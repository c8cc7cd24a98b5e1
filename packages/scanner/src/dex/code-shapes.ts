// A table: what each shape of code means.
import type { Confidence, Severity } from '../finding.ts'
import type { RuleId } from '../rules.ts'

/** Some rules are told by several shapes. `{subject}` stands for what the shape is about. */
export type ShapeMeaning = {
  readonly rule: RuleId
  readonly severity?: Severity
  readonly confidence: Confidence
  /** `{class}` stands for the class, as its source calls it. */
  readonly title: string
  readonly detail: string
  /** Where the rule’s own is about something else. */
  readonly fix?: string
  /** Whether the class must be made somewhere to do anything. */
  readonly isAClass?: true
  /** It does nothing where the manifest asks for none of these permissions. */
  readonly needs?: readonly string[]
  /** What becomes of it where the app targets this API level, or a later one. */
  readonly since?: {
    readonly targetSdk: number
    readonly severity: Severity
    readonly detail: string
  }
}

const meanings = {
  'trusts-every-certificate': {
    rule: 'tls-validation-disabled',
    confidence: 'firm',
    title: '{class} trusts every certificate',
    detail:
      'Its checkServerTrusted never refuses: it throws nothing that depends on a certificate, and calls nothing that could. Whoever is on the way reads and changes what goes over connections that use it.',
    isAClass: true,
  },
  'checks-only-dates': {
    rule: 'tls-validation-disabled',
    confidence: 'firm',
    title: '{class} trusts every certificate that is in date',
    detail:
      'Its checkServerTrusted asks for the dates and for nothing else: anybody can make such a certificate.',
    isAClass: true,
  },
  'accepts-every-name': {
    rule: 'tls-validation-disabled',
    confidence: 'firm',
    title: '{class} accepts a certificate for any host name',
    detail:
      'Its verify always returns true: a valid certificate of any other server is as good as that of yours.',
    isAClass: true,
  },
  'always-proceeds': {
    rule: 'tls-validation-disabled',
    confidence: 'firm',
    title: '{class} loads pages whatever their certificate',
    detail:
      'Its onReceivedSslError calls proceed() on every way through: pages of this WebView can be read and changed on the way.',
    isAClass: true,
  },
  'switches-checks-off': {
    rule: 'tls-validation-disabled',
    confidence: 'firm',
    title: '{subject} is used',
    detail: 'It exists to switch a check of TLS off, and {class} uses it.',
  },
  'constant-key': {
    rule: 'hardcoded-secret',
    severity: 'medium',
    confidence: 'firm',
    title: 'A key stands in {class}: {subject}',
    detail:
      'A constant of the code becomes the key of a SecretKeySpec. It is the same in every install: whoever has the app reads what is encrypted with it, or signs with it.',
    fix: 'Make a key on each device, in the Android Keystore; or have the server, which knows the device, give one.',
  },
  'constant-password': {
    rule: 'hardcoded-secret',
    severity: 'medium',
    confidence: 'firm',
    title: 'A key is derived from a password that stands in {class}: {subject}',
    detail:
      'A constant of the code is passed to PBEKeySpec. Salt and rounds keep nobody out who has the password, and it is the same in every install.',
    fix: 'Make a key on each device, in the Android Keystore; or derive it from what the user types.',
  },
  'constant-login': {
    rule: 'hardcoded-secret',
    severity: 'medium',
    confidence: 'firm',
    title: 'A password for a server stands in {class}: {subject}',
    detail:
      'A constant of the code signs in with it. It is the same in every install: whoever has the app signs in as the app does.',
    fix: 'Let each device sign in as itself: with a certificate, or a token, of its own.',
  },
  'old-tls-protocol': {
    rule: 'weak-tls-version',
    confidence: 'firm',
    title: '{class} asks for {subject}',
    detail:
      'Code names this version of the protocol, which is broken and forbidden (RFC 8996, RFC 7568). Connections made there may fall back to it.',
    since: {
      targetSdk: 35,
      severity: 'low',
      detail:
        'Since the app targets API level 35 or later, Android 15 and later refuse it all the same.',
    },
  },
  'world-readable': {
    rule: 'world-readable-file',
    confidence: 'firm',
    title: '{subject} is opened for all apps',
    detail:
      'It is made with MODE_WORLD_READABLE or MODE_WORLD_WRITEABLE: other apps read or write it.',
    since: {
      targetSdk: 24,
      severity: 'low',
      detail:
        'Since the app targets API level 24 or later, the call throws SecurityException on Android 7 and later.',
    },
  },
  'secret-in-preferences': {
    rule: 'plain-preferences-secret',
    confidence: 'tentative',
    title: 'A preference named {subject} is kept as plain text',
    detail:
      'It is written through SharedPreferences, whose file is XML in the app’s data: it is in backups, and whoever gets at the file reads it. What cannot be told from here: whether this object of SharedPreferences encrypts.',
  },
  'secret-in-log': {
    rule: 'secret-logged',
    confidence: 'firm',
    title: 'A value named {subject} is written to the log',
    detail:
      'A text that ends in this name is joined with a value and goes to android.util.Log or System.out. Logs are in bug reports, and read over USB.',
  },
  'writes-shared-storage': {
    rule: 'external-storage-write',
    confidence: 'firm',
    title: '{class} writes a file to shared storage',
    detail:
      'The path comes from Environment.getExternalStorageDirectory or getExternalStoragePublicDirectory: other apps may read and replace the file.',
    needs: [
      'android.permission.WRITE_EXTERNAL_STORAGE',
      'android.permission.MANAGE_EXTERNAL_STORAGE',
    ],
    since: {
      targetSdk: 30,
      severity: 'info',
      detail:
        'Since the app targets API level 30 or later, Android 11 and later keep it out of most of that.',
    },
  },
} as const satisfies Record<string, ShapeMeaning>

export type CodeShapeName = keyof typeof meanings

export const codeShapes: Readonly<Record<CodeShapeName, ShapeMeaning>> = meanings
