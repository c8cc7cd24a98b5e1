// A pure table: network security configurations that look wrong, and what the platform makes of them.

const pin = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='

export const domain = (inside: string) =>
  `<domain-config><domain>a.example</domain>${inside}</domain-config>`
export const pins = (inside: string, attributes = '') =>
  domain(`<pin-set ${attributes}>${inside}</pin-set>`)
const onePin = (text: string, digest = 'SHA-256') => pins(`<pin digest="${digest}">${text}</pin>`)

/** What ends an app at its first connection, as AOSP's XmlConfigSource throws. */
export const crashes: readonly [name: string, inside: string, message: RegExp][] = [
  ['a date with slashes', pins('', 'expiration="2027/01/15"'), /no date of the form yyyy-MM-dd/],
  ['a date with words', pins('', 'expiration="15 Jan 2027"'), /no date/],
  ['the 30th of February', pins('', 'expiration="2027-02-30"'), /no date/],
  ['a thirteenth month', pins('', 'expiration="2027-13-01"'), /no date/],
  ['day 0', pins('', 'expiration="2027-01-00"'), /no date/],
  ['an empty date', pins('', 'expiration=""'), /no date/],
  ['a year alone', pins('', 'expiration="2027"'), /no date/],
  ['a date that is a resource', pins('', 'expiration="@string/date"'), /no date/],
  ['SHA-1', onePin(pin, 'SHA-1'), /only SHA-256/],
  ['sha256 without its hyphen', onePin(pin, 'sha256'), /only SHA-256/],
  ['no digest', pins(`<pin>${pin}</pin>`), /only SHA-256/],
  ['a pin of 31 bytes', onePin(Buffer.alloc(31).toString('base64')), /has 31 bytes instead of 32/],
  ['a pin of 20 bytes', onePin(Buffer.alloc(20).toString('base64')), /has 20 bytes/],
  ['a pin in hex', onePin('00'.repeat(32)), /has 48 bytes/],
  ['a pin with the prefix of OkHttp', onePin(`sha256/${pin}`), /bytes instead of 32|no base64/],
  ['a pin with wrong padding', onePin(`${pin}=`), /no base64/],
  ['a pin with padding within', onePin(`AA=${pin}`), /no base64/],
  ['an empty pin', onePin(''), /a pin is empty/],
  ['a pin that holds an element', onePin(`${pin}<b/>`), /holds more than text/],
  ['a domain twice', `${domain('')}${domain('')}`, /a\.example stands there twice/],
  [
    'a domain twice in other letters',
    `${domain('')}<domain-config><domain>A.Example </domain></domain-config>`,
    /twice/,
  ],
  ['a domain twice, one below the other', domain(domain('')), /twice/],
  [
    'an empty domain',
    '<domain-config><domain></domain></domain-config>',
    /name of a domain is missing/,
  ],
  [
    'a domain that holds an element',
    '<domain-config><domain>a<b/></domain></domain-config>',
    /more than text/,
  ],
  ['a configuration without a domain', '<domain-config></domain-config>', /has no <domain>/],
  ['one within another, without a domain', domain('<domain-config/>'), /has no <domain>/],
  ['two base configurations', '<base-config/><base-config/>', /two <base-config>/],
  [
    'a domain in the base',
    '<base-config><domain>a</domain></base-config>',
    /not allowed in <base-config>/,
  ],
  ['pins in the base', '<base-config><pin-set/></base-config>', /not allowed in <base-config>/],
  ['one for a domain in the base', '<base-config><domain-config/></base-config>', /not allowed/],
  ['two pin sets', domain('<pin-set/><pin-set/>'), /two <pin-set>/],
  [
    'two lists of anchors',
    '<base-config><trust-anchors/><trust-anchors/></base-config>',
    /two <trust-anchors>/,
  ],
  [
    'anchors from a file',
    '<base-config><trust-anchors><certificates src="ca.pem"/></trust-anchors></base-config>',
    /none of system, user/,
  ],
  [
    'anchors from nowhere',
    '<base-config><trust-anchors><certificates/></trust-anchors></base-config>',
    /no src/,
  ],
  ['two overrides for debugging', '<debug-overrides/><debug-overrides/>', /two <debug-overrides>/],
]

/** What looks wrong, and is not to the platform. */
export const accepted: readonly [name: string, inside: string][] = [
  ['digits left out of a date', pins('', 'expiration="2027-1-5"')],
  ['words behind a date', pins('', 'expiration="2027-01-15T00:00:00Z"')],
  ['spaces within a date', pins('', 'expiration=" 2027- 1- 5"')],
  ['a pin without its padding', onePin(pin.slice(0, -1))],
  ['a pin over several lines', onePin(`\n  ${pin.slice(0, 20)}\n  ${pin.slice(20)}\n`)],
  ['the digest in small letters', onePin(pin, 'sha-256')],
  ['a pin set without pins', pins('')],
  [
    'elements it does not know',
    `<new-in-2030/>${domain('<certificateTransparency enabled="true"/>')}`,
  ],
  ['no configuration at all', ''],
]
