/**
 * Words that a program gives to what only it and its user should know. Not `key` alone, nor `pin` within a word, nor
 * what only tells about a secret (`passwordLength`, `token_expiry`, `isPasswordSet`).
 */
const secret =
  /(^|[^a-z])(password|passwd|passphrase|pwd|secret|private_?key|api_?key|access_?token|auth_?token|refresh_?token|id_?token|bearer|session_?token|pin_?code|client_?secret|cvv|(credit[_ ]?)?card[_ ]?number|credit[_ ]?card|jwt|token)s?$/i
const camelSecret =
  /(Password|Passwd|Passphrase|Pwd|Secret|PrivateKey|ApiKey|AccessToken|AuthToken|RefreshToken|IdToken|SessionToken|PinCode|ClientSecret|Jwt|Token)s?$/

/** @param name of a preference, a variable, a field, or the words before a value in a log */
export function namesSecret(name: string): boolean {
  if (name.length > 64) return false
  return secret.test(name) || camelSecret.test(name)
}

/** Of fields and methods whose strings may open a keystore. */
export function namesPassword(name: string): boolean {
  return /(?<!com|by|sur)pass(?!enger|ive|_?through|age|ing)|pwd|pswd|secret|keystore|key_store|p12|pfx|storepin/i.test(
    name,
  )
}
