import { checkServiceAccount } from '../checks/service-account.ts'
import { alphabets, type SecretKind, token } from '../secret-kind.ts'

export const googleKinds: readonly SecretKind[] = [
  {
    // https://cloud.google.com/iam/docs/keys-create-delete: the file that the console gives
    id: 'gcp-service-account',
    name: 'Google Cloud service account key',
    literals: ['service_account'],
    pattern: /service_account\W/y,
    entropy: 0,
    severity: 'critical',
    confidence: 'certain',
    check: checkServiceAccount,
    gives: 'It signs in to Google Cloud as the service account, for as long as the key exists.',
    revoke:
      'Delete the key (`gcloud iam service-accounts keys delete`), read the audit log for its use, and call Google from your own service.',
  },
  {
    // https://cloud.google.com/docs/authentication/api-keys
    id: 'google-api-key',
    name: 'Google API key',
    literals: ['AIza'],
    pattern: token('AIza[A-Za-z0-9_-]{35}'),
    entropy: 3.5,
    severity: 'info',
    confidence: 'firm',
    gives:
      'Public by design for Firebase and Maps. Where it is not restricted, others use it at your cost, and where the project has the Gemini API, with your files.',
    revoke:
      'Restrict it to this app (package and signing certificate, or bundle id) and to the APIs it uses, under APIs & Services › Credentials.',
  },
  {
    // https://developers.google.com/identity/protocols/oauth2/native-app; RFC 8252 §8.5
    id: 'google-oauth-client-secret',
    name: 'Google OAuth client secret',
    literals: ['GOCSPX-'],
    pattern: token('GOCSPX-[A-Za-z0-9_-]{28}'),
    entropy: 3.5,
    severity: 'medium',
    confidence: 'certain',
    gives:
      'With an authorization code or a refresh token it is exchanged for the tokens of your users. An app cannot keep it, and Google asks apps for none.',
    revoke: 'Use a client of type Android or iOS with PKCE, and reset the secret of this one.',
  },
  {
    // https://developers.google.com/identity/protocols/oauth2#size
    id: 'google-refresh-token',
    name: 'Google refresh token',
    literals: ['1//0'],
    pattern: /(?<![A-Za-z0-9_/-])1\/\/0[A-Za-z0-9][A-Za-z0-9_-]{60,200}(?![A-Za-z0-9_-])/y,
    entropy: 4,
    severity: 'critical',
    confidence: 'firm',
    gives:
      'It is exchanged, again and again, for access to what its owner granted: often a whole mailbox or drive.',
    revoke:
      'Revoke it at https://oauth2.googleapis.com/revoke, or under the account’s connections.',
  },
  {
    id: 'google-access-token',
    name: 'Google access token',
    literals: ['ya29.'],
    pattern: token('ya29\\.(?:a0|c\\.|[A-Za-z0-9])[A-Za-z0-9_-]{60,500}'),
    entropy: 4,
    severity: 'low',
    confidence: 'firm',
    gives:
      'It opened what its owner granted, for an hour. That it is in the package says that the way to it may be, too.',
    revoke: 'Find how it came into the package; revoke what it was made from.',
  },
  {
    // https://cloud.google.com/storage/docs/authentication/hmackeys
    id: 'gcp-hmac-key',
    name: 'Google Cloud Storage HMAC key id',
    literals: ['GOOG1E'],
    pattern: token('GOOG1E[A-Z0-9]{55}'),
    entropy: 3.5,
    severity: 'medium',
    confidence: 'firm',
    gives:
      'With its secret, which is seldom far, it reads and writes buckets as a service account.',
    revoke: 'Deactivate and delete it (`gcloud storage hmac delete`).',
  },
  {
    // https://firebase.google.com/docs/database/security
    id: 'firebase-database',
    name: 'Firebase Realtime Database',
    literals: ['.firebaseio.com', '.firebasedatabase.app'],
    pattern:
      /(?<=https:\/\/)[a-z0-9-]{3,63}\.(?:firebaseio\.com|[a-z0-9-]{6,24}\.firebasedatabase\.app)/y,
    back: { over: alphabets.hostname, most: 90 },
    entropy: 0,
    severity: 'info',
    confidence: 'firm',
    gives:
      'Public by design: its rules alone guard the data, and whether they do cannot be seen from here.',
    revoke:
      'Look whether `/.json` of it answers to somebody who is not signed in; write rules that let nobody, and turn on App Check.',
  },
  {
    // https://firebase.google.com/docs/cloud-messaging/auth-server: shut down in 2024
    id: 'fcm-server-key',
    name: 'Firebase Cloud Messaging server key',
    literals: [':APA91b'],
    pattern: /(?<![A-Za-z0-9_-])AAAA[A-Za-z0-9_-]{7}:APA91b[A-Za-z0-9_-]{134}(?![A-Za-z0-9_-])/y,
    back: { over: alphabets.base64url, most: 12 },
    entropy: 4,
    severity: 'low',
    confidence: 'certain',
    gives:
      'It sent notifications to every install. Google shut the interface that takes it down in 2024.',
    revoke: 'Take it out, and delete it in the Firebase console.',
  },
]
