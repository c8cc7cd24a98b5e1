import { isKnownExample } from '../checks/known-example.ts'
import { checkJsonWebToken } from '../checks/json-web-token.ts'
import { isPlaceholder } from '../checks/placeholder.ts'
import { alphabets, type SecretKind, type SecretMatch, type Verdict } from '../secret-kind.ts'

/** Credentials of no vendor: of HTTP, of databases, of the app's own servers. */
export const credentialKinds: readonly SecretKind[] = [
  {
    // RFC 7519, compact serialization: header and payload are JSON, which begins {" or, indented, with more between
    id: 'json-web-token',
    name: 'JSON Web Token',
    literals: ['.eyJ', '.ewo', '.eyAi'],
    pattern:
      /(?<![A-Za-z0-9_.-])(?:eyJ|ewo|eyAi)[A-Za-z0-9_-]{10,1600}\.(?:eyJ|ewo|eyAi)[A-Za-z0-9_-]{10,6000}\.[A-Za-z0-9_-]{0,1400}(?![A-Za-z0-9_-])/y,
    back: { over: alphabets.base64url, most: 1604 },
    severity: 'medium',
    confidence: 'firm',
    check: checkJsonWebToken,
    gives: 'Whoever has it is, to the server that accepts it, whom it names.',
    revoke:
      'Change the key that signed it, or the session it belongs to, and give each device a token of its own.',
  },
  {
    // RFC 3986 §3.2.1
    id: 'url-credentials',
    name: 'User name and password in a URL',
    literals: ['://'],
    pattern:
      /:\/\/(?<user>[A-Za-z0-9._%+~!*-]{1,64}):(?<secret>[A-Za-z0-9._%+~!*$&=^#-]{3,128})@(?<host>[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.){0,8}[A-Za-z0-9-]{1,62})/y,
    entropy: 1.5,
    severity: 'high',
    confidence: 'firm',
    check: checkUrlCredentials,
    gives: 'It signs in to that server as that user.',
    revoke: 'Change the password, and let devices sign in with what is their own.',
  },
  {
    // RFC 7617 §2
    id: 'basic-authorization',
    name: 'User name and password of HTTP Basic',
    literals: ['Basic '],
    pattern: /(?<![A-Za-z])Basic (?<secret>[A-Za-z0-9+/]{8,200}={0,2})(?![A-Za-z0-9+/=])/y,
    entropy: 2.5,
    severity: 'high',
    confidence: 'firm',
    check: checkBasicAuthorization,
    gives: 'It signs in to the servers that the app sends it to.',
    revoke: 'Change the password, and let devices sign in with what is their own.',
  },
  {
    // RFC 6750 §2.1
    id: 'bearer-authorization',
    name: 'Bearer token',
    literals: ['Bearer '],
    pattern:
      /(?<![A-Za-z])Bearer (?<secret>[A-Za-z0-9._~+/-]{20,400}={0,2})(?![A-Za-z0-9._~+/=-])/y,
    entropy: 3.8,
    severity: 'medium',
    confidence: 'tentative',
    // Words have few digits; a JSON Web Token has a row of its own.
    check: ({ secret }) =>
      (secret.match(/\d/g)?.length ?? 0) >= 3 && !secret.startsWith('eyJ') ? {} : undefined,
    gives: 'Whoever has it is, to the server that accepts it, whom it names.',
    revoke: 'Revoke it, and give each device a token of its own.',
  },
]

const databases =
  /(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql|sqlserver|clickhouse|ldaps?|ftps?|sftp|smtps?)$/i
const exampleUsers =
  /^(?:user(?:name)?|usr|u|foo|a|name|login|me|john|alice|bob|proxy_?user|myuser|some.*)$/i
const examplePasswords =
  /^(?:pass(?:word)?|passwd|pwd|p|bar|b|secret|foo|xxx+|proxy_?pass.*|mypass(?:word)?|some.*|hunter2)$/i
const exampleHosts =
  /^(?:(?:.*\.)?(?:example(?:\.\w+)?|test|invalid|localhost|local)|127\.[\d.]+|0\.0\.0\.0|10\.0\.2\.2|host(?:name)?|server|domain(?:\.com)?|proxy|some.*|my\w*|foo.*|.*bogus.*|[a-z])$/i

function checkUrlCredentials({ groups, secret, index, region }: SecretMatch): Verdict | undefined {
  const { user = '', host = '' } = groups
  const scheme = /[a-z][a-z0-9+.-]{1,15}$/i.exec(
    region.text.slice(Math.max(0, index - 16), index),
  )?.[0]
  if (scheme === undefined || /^\d+$/.test(secret)) return undefined // a port, and an address behind it
  if (exampleUsers.test(user) || examplePasswords.test(secret) || exampleHosts.test(host))
    return undefined
  // What is filled in when the app runs.
  if (/^[%$]|^\$\{|%[sd@]/.test(user) || /%[sd@](?![0-9a-f])/i.test(secret)) return undefined
  const note = `It is for ${user} at ${host.toLowerCase()}, over ${scheme.toLowerCase()}.`
  if (!databases.test(scheme)) return { note, secret: `${user}:${secret}@${host}` }
  return {
    note,
    secret: `${user}:${secret}@${host}`,
    name: 'User name and password of a database or server in a URL',
    severity: 'critical',
  }
}

function checkBasicAuthorization({ secret }: SecretMatch): Verdict | undefined {
  const pair = Buffer.from(secret, 'base64').toString('latin1')
  const { user, password } =
    /^(?<user>[\x21-\x39\x3b-\x7e]{0,80}):(?<password>[\x20-\x7e]{0,160})$/.exec(pair)?.groups ?? {}
  if (user === undefined || password === undefined) return undefined
  if (isKnownExample(pair) || exampleUsers.test(user) || examplePasswords.test(password))
    return undefined
  if (isPlaceholder(pair) || user.length + password.length < 6) return undefined
  return { secret: pair }
}
