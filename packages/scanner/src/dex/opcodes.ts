// A table: the formats of Dalvik's opcodes, by ranges. Source: source.android.com/docs/core/runtime/dalvik-bytecode,
// /instruction-formats.

/** Named as there: units of 16 bits, registers, and what else they hold. */
export type Format =
  | '10x' | '12x' | '11n' | '11x' | '10t' | '20t' | '22x' | '21t' | '21s' | '21h' | '21c' | '23x' | '22b' | '22t'
  | '22s' | '22c' | '30t' | '32x' | '31i' | '31t' | '31c' | '35c' | '3rc' | '45cc' | '4rcc' | '51l' // biome-ignore format: a list

/** First and last opcode, format, and whether register A is written. What no range holds is no instruction. */
const ranges: readonly (readonly [number, number, Format, 'writes'?])[] = [
  [0x00, 0x00, '10x'],
  [0x01, 0x01, '12x', 'writes'],
  [0x02, 0x02, '22x', 'writes'],
  [0x03, 0x03, '32x', 'writes'],
  [0x04, 0x04, '12x', 'writes'],
  [0x05, 0x05, '22x', 'writes'],
  [0x06, 0x06, '32x', 'writes'],
  [0x07, 0x07, '12x', 'writes'],
  [0x08, 0x08, '22x', 'writes'],
  [0x09, 0x09, '32x', 'writes'],
  [0x0a, 0x0d, '11x', 'writes'], // move-result…, move-exception
  [0x0e, 0x0e, '10x'],
  [0x0f, 0x11, '11x'], // return
  [0x12, 0x12, '11n', 'writes'],
  [0x13, 0x13, '21s', 'writes'],
  [0x14, 0x14, '31i', 'writes'],
  [0x15, 0x15, '21h', 'writes'],
  [0x16, 0x16, '21s', 'writes'],
  [0x17, 0x17, '31i', 'writes'],
  [0x18, 0x18, '51l', 'writes'],
  [0x19, 0x19, '21h', 'writes'],
  [0x1a, 0x1a, '21c', 'writes'], // const-string
  [0x1b, 0x1b, '31c', 'writes'],
  [0x1c, 0x1c, '21c', 'writes'],
  [0x1d, 0x1e, '11x'], // monitors
  [0x1f, 0x1f, '21c'], // check-cast
  [0x20, 0x20, '22c', 'writes'],
  [0x21, 0x21, '12x', 'writes'],
  [0x22, 0x22, '21c', 'writes'], // new-instance
  [0x23, 0x23, '22c', 'writes'], // new-array
  [0x24, 0x24, '35c'], // filled-new-array
  [0x25, 0x25, '3rc'],
  [0x26, 0x26, '31t'], // fill-array-data
  [0x27, 0x27, '11x'], // throw
  [0x28, 0x28, '10t'],
  [0x29, 0x29, '20t'],
  [0x2a, 0x2a, '30t'],
  [0x2b, 0x2c, '31t'], // switches
  [0x2d, 0x31, '23x', 'writes'],
  [0x32, 0x37, '22t'], // if
  [0x38, 0x3d, '21t'], // if against zero
  [0x44, 0x4a, '23x', 'writes'], // aget
  [0x4b, 0x51, '23x'], // aput
  [0x52, 0x58, '22c', 'writes'], // iget
  [0x59, 0x5f, '22c'], // iput
  [0x60, 0x66, '21c', 'writes'], // sget
  [0x67, 0x6d, '21c'], // sput
  [0x6e, 0x72, '35c'], // invoke
  [0x74, 0x78, '3rc'],
  [0x7b, 0x8f, '12x', 'writes'],
  [0x90, 0xaf, '23x', 'writes'],
  [0xb0, 0xcf, '12x', 'writes'],
  [0xd0, 0xd7, '22s', 'writes'],
  [0xd8, 0xe2, '22b', 'writes'],
  [0xfa, 0xfa, '45cc'], // from version 038 on
  [0xfb, 0xfb, '4rcc'],
  [0xfc, 0xfc, '35c'],
  [0xfd, 0xfd, '3rc'],
  [0xfe, 0xff, '21c', 'writes'],
]

const formats: (Format | undefined)[] = Array.from({ length: 256 }, () => undefined)
/** By opcode: how many units of 16 bits. 0 where there is no such instruction. */
export const unitsOf = new Uint8Array(256)
export const writesRegisterA = new Uint8Array(256)
for (const [first, last, format, writes] of ranges) {
  for (let opcode = first; opcode <= last; opcode++) {
    formats[opcode] = format
    unitsOf[opcode] = Number(format[0])
    writesRegisterA[opcode] = writes === undefined ? 0 : 1
  }
}

/** How an instruction lies in its units. Undefined: no version has this opcode. */
export function formatOf(opcode: number): Format | undefined {
  return formats[opcode]
}

/** Those that are named elsewhere. */
export const Op = {
  move: 0x01,
  moveFrom16: 0x02,
  moveObject: 0x07,
  moveObjectFrom16: 0x08,
  moveResult: 0x0a,
  moveResultObject: 0x0c,
  moveException: 0x0d,
  returnVoid: 0x0e,
  return: 0x0f,
  returnObject: 0x11,
  const4: 0x12,
  const16: 0x13,
  const32: 0x14,
  constHigh16: 0x15,
  constString: 0x1a,
  constStringJumbo: 0x1b,
  checkCast: 0x1f,
  newInstance: 0x22,
  newArray: 0x23,
  filledNewArray: 0x24,
  filledNewArrayRange: 0x25,
  fillArrayData: 0x26,
  throw: 0x27,
  goto: 0x28,
  goto16: 0x29,
  goto32: 0x2a,
  packedSwitch: 0x2b,
  sparseSwitch: 0x2c,
  ifEq: 0x32,
  ifEqz: 0x38,
  ifNez: 0x39,
  ifLez: 0x3d,
  aget: 0x44,
  agetShort: 0x4a,
  aput: 0x4b,
  aputObject: 0x4d,
  aputByte: 0x4f,
  aputChar: 0x50,
  igetObject: 0x54,
  iputObject: 0x5b,
  sget: 0x60,
  sgetObject: 0x62,
  sputObject: 0x69,
  invokeVirtual: 0x6e,
  invokeInterface: 0x72,
  invokeVirtualRange: 0x74,
  invokeInterfaceRange: 0x78,
} as const

/** Calls of methods, with up to five registers or a range of them. Polymorphic and custom ones are not among them. */
export function isInvoke(opcode: number): boolean {
  return (
    (opcode >= Op.invokeVirtual && opcode <= Op.invokeInterface) ||
    (opcode >= Op.invokeVirtualRange && opcode <= Op.invokeInterfaceRange)
  )
}

/**
 * Units of the data that stands between instructions (switch tables, arrays), 0 where this is none.
 *
 * @param identity the first unit: 0x0100 packed-switch, 0x0200 sparse-switch, 0x0300 array
 */
export function payloadUnits(view: DataView, at: number, end: number): number {
  if (at + 8 > end) return 0
  const count = view.getUint16(at + 2, true)
  switch (view.getUint16(at, true)) {
    case 0x0100:
      return 4 + count * 2
    case 0x0200:
      return 2 + count * 4
    case 0x0300:
      return 4 + Math.ceil((view.getUint32(at + 4, true) * count) / 2)
    default:
      return 0
  }
}
