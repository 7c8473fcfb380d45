// What may be seen of what goes over the wire. A field that is not known to be harmless is shown as a fingerprint.

const HARMLESS = new Set([
  'status', 'expiresIn', 'user', 'id', 'nickname', 'gender', 'language', 'city', 'province', 'country', 'createdAt',
  'type', 'title', 'detail', 'retry', 'appId', 'withCredentials', 'refuse', 'tap', 'errMsg', 'userInfo', 'nickName',
  'is_demote', 'expiresAt'
])

/** Four hexadecimal digits of a SHA-256: enough to see that two are the same. */
export async function fingerprint(secret) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret))
  return [...new Uint8Array(digest).slice(0, 2)].map(byte => byte.toString(16).padStart(2, '0')).join('')
}

/** `value`, a parsed JSON body, with every text that could be of use to anybody replaced. */
export async function redacted(value) {
  if (Array.isArray(value)) return Promise.all(value.map(redacted))
  if (typeof value !== 'object' || value === null) return value
  const isProblem = typeof value.retry === 'string' && typeof value.title === 'string'
  const shown = {}
  for (const [name, field] of Object.entries(value)) {
    if (typeof field !== 'string') shown[name] = await redacted(field)
    else if (HARMLESS.has(name) || (isProblem && name === 'code')) shown[name] = field
    else if (name === 'phone') shown[name] = masked(field)
    else shown[name] = `‹${name} #${await fingerprint(field)}›`
  }
  return shown
}

/** A phone number without its middle. */
export const masked = phone => (phone ? `${phone.slice(0, 6)}••••${phone.slice(-2)}` : phone)
