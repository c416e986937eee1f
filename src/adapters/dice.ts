// Real chance, from the system's generator: identifiers must not repeat between processes or after a restart.
import { randomBytes } from 'node:crypto'
import type { Dice } from '../ports.ts'

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
/** 36^20 is more than 2^103: two identifiers never meet. */
const idLength = 20

export const systemDice: Dice = {
  next: () => Number(randomBytes(8).readBigUInt64BE() >> 11n) / 2 ** 53,
  id() {
    let id = ''
    while (id.length < idLength) {
      // 252 is the largest multiple of 36 in a byte; the rest is thrown again so that no letter is likelier than another.
      for (const byte of randomBytes(idLength)) if (byte < 252 && id.length < idLength) id += letters.charAt(byte % 36)
    }
    return id
  },
}
