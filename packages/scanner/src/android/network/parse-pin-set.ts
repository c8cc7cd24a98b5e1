import { valueText } from '../resources/resource-value.ts'
import { childElements, plainAttribute, type XmlElement } from '../xml/xml-element.ts'
import { androidBase64, javaDate, javaTrim } from './java-text.ts'
import { ConfigurationCrash, type ConfiguredPinSet } from './network-security-config.ts'
import { onlyText, type Parsing, place } from './parsing.ts'

const digestBytes = 32

/** @throws ConfigurationCrash where `XmlConfigSource.parsePinSet` throws */
export function parsePinSet(element: XmlElement, parsing: Parsing): ConfiguredPinSet {
  const attribute = plainAttribute(element, 'expiration')
  const expiration = attribute && valueText(attribute.value)
  const expiresAt = expiration === undefined ? undefined : javaDate(expiration)
  const location = place(parsing, element)
  if (expiration !== undefined && expiresAt === undefined) {
    const message = `the expiration "${shown(expiration)}" is no date of the form yyyy-MM-dd`
    throw new ConfigurationCrash(message, location)
  }
  const pins = new Set(childElements(element, 'pin').map((pin) => parsePin(pin, parsing)))
  return { pins: [...pins], expiration, expiresAt, location }
}

function parsePin(element: XmlElement, parsing: Parsing): string {
  const crash = (message: string) => new ConfigurationCrash(message, place(parsing, element))
  const attribute = plainAttribute(element, 'digest')
  const digest = attribute === undefined ? undefined : valueText(attribute.value)
  if (digest?.toUpperCase() !== 'SHA-256') {
    throw crash(
      `a pin has the digest ${digest === undefined ? 'none' : `"${shown(digest)}"`}, and only SHA-256 is one`,
    )
  }
  const text = javaTrim(onlyText(element, parsing, 'a pin is empty'))
  const decoded = androidBase64(text)
  if (decoded === undefined) throw crash(`the pin "${shown(text)}" is no base64`)
  if (decoded.length !== digestBytes) {
    throw crash(`the pin "${shown(text)}" has ${decoded.length} bytes instead of ${digestBytes}`)
  }
  return decoded.toString('base64')
}

function shown(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`
}
