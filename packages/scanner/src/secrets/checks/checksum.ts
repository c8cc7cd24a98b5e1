import { crc32 } from 'node:zlib'

const base62Digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * Tokens of GitHub and npm end in six digits of base 62, the CRC-32 of what stands between prefix and them.
 * https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
 *
 * @param token with its prefix, which ends in `_`
 */
export function hasBase62Checksum(token: string): boolean {
  const random = token.slice(token.indexOf('_') + 1, -6)
  return base62(crc32(random)).padStart(6, '0') === token.slice(-6)
}

/**
 * Routable tokens of GitLab: `<prefix><base64>.01.<2 digits of base 36: its length><7: CRC-32 of all before>`
 * (gitlabhq lib/authn/token_field/generator/routable_token.rb).
 */
export function hasRoutableChecksum(token: string): boolean {
  return crc32(token.slice(0, -7)).toString(36).padStart(7, '0') === token.slice(-7)
}

function base62(value: number): string {
  let digits = ''
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) {
    digits = `${base62Digits[rest % 62]}${digits}`
  }
  return digits
}
