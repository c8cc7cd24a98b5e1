/** What a name says of the value that it is given. */
export type NamedKind = 'password' | 'key'

/** Every name of either kind holds one of these, in any case. */
export const secretNameParts: readonly string[] = [
  'passw',
  'passphrase',
  'pwd',
  'storepass',
  'keypass',
  'secret',
  'token',
  'credential',
  ...[
    'api',
    'access',
    'private',
    'auth',
    'encryption',
    'aes',
    'signing',
    'hmac',
    'client',
    'app',
    'master',
    'admin',
  ].flatMap((word) => ['', '_', '-', '.'].map((joint) => `${word}${joint}key`)),
]

const password = /passw|passphrase|pwd|storepass|keypass/i
const part = new RegExp(secretNameParts.map((part) => part.replaceAll('.', '\\.')).join('|'), 'i')

/** What the last word of a name says that its value is about a secret, not one. */
const about =
  /(?:ur[il]|endpoint|path|file|dir|type|kind|name|label|hint|title|text|msg|message|error|desc(?:ription)?|field|input|regexp?|pattern|format|header|prefix|suffix|param(?:eter)?|id|ids|alias|len(?:gth)?|size|min|max|count|placeholder|expir(?:y|es|ation)|expires_?(?:in|at)|timeout|ttl|alg(?:orithm)?|event|action|state|status|visible|visibility|class|style|icon|colou?r|provider|manager|service|store|storage|listener|handler|callback|view|screen|button|dialog|required|enabled|valid(?:ator|ation)?|issuer|scope|audience|version|date|time|hash|policy|strength|rule|used|_at|s)$/i
/** Words that are no secret's, though they hold the same letters. */
const others =
  /csrf|xsrf|tokeni[sz]|public_?key|publishable|token_?count|cancel|recaptcha_?site|site_?key|cache_?key|primary_?key|foreign_?key|token_?limit|max_?token|(?:unk|pad|bos|eos|sep|cls|mask)_?token|secretary|continuation_?token|page_?token|next_?token|sync_?token|(?:request|client|change|action|idempotency)_?token$/i

/** @param name an identifier, or a key of JSON, YAML, properties, a property list */
export function namedKind(name: string): NamedKind | undefined {
  // First what most names of a program fail.
  if (!part.test(name) || about.test(name) || others.test(name)) return undefined
  return password.test(name) ? 'password' : 'key'
}
