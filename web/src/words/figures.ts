// Numbers and times as people read them. Units are signs that every language here shares.

/** 14:03:07 in the person's own time zone. */
export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB')
}

/** 2026-11-22 14:03:07 in the person's own time zone. */
export function dayTime(at: number): string {
  return new Date(at).toLocaleString('sv-SE')
}

/** 120 ms, 2.4 s, 3 min 5 s, 2 h 10 min, 3 d 4 h. */
export function span(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)} ms`
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return two(seconds, 60, 'min', 's')
  if (seconds < 86_400) return two(Math.floor(seconds / 60), 60, 'h', 'min')
  return two(Math.floor(seconds / 3600), 24, 'd', 'h')
}

function two(value: number, base: number, big: string, small: string): string {
  const rest = value % base
  return `${Math.floor(value / base)} ${big}${rest === 0 ? '' : ` ${rest} ${small}`}`
}

/** 0 B, 1.5 KiB, 12 MiB. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = count
  let unit = 0
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** 1 234 567 with thin spaces. */
export function count(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '\u2009')
}
