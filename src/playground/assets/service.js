// One way to ask the service behind this page, which also notices that it is gone, and that it is back.

/** Between two looks for a service that is gone. */
const LOOK_EVERY = 700

const leaving = []
const returning = []
let gone = false
let departure = settledFromOutside()

/** Whether the service did not answer when it was last asked. */
export const isGone = () => gone

/** `work`, unless the service is gone: then it rejects at once, whatever `work` still waits for. */
export function whileThere(work) {
  work.catch(() => {})
  return Promise.race([work, departure.promise])
}

/** Calls `listener` when the service turns out to be gone. */
export const onGone = listener => leaving.push(listener)

/** Calls `listener` when it answers again. */
export const onBack = listener => returning.push(listener)

/** `fetch`; where nothing answers, whoever listens hears of it before it rejects. */
export async function ask(path, init) {
  try {
    return await fetch(path, init)
  } catch (error) {
    if (!gone) {
      gone = true
      departure.promise.catch(() => {})
      departure.reject(new Error('the service is gone'))
      for (const listener of leaving) listener()
      setTimeout(lookForIt, LOOK_EVERY)
    }
    throw new Error('the service is gone', { cause: error })
  }
}

/** Asks and expects an answer that is none of an error. */
export async function order(method, path, body) {
  const answer = await ask(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
}

async function lookForIt() {
  const there = await fetch('/healthz').then(answer => answer.ok, () => false)
  if (!there) {
    setTimeout(lookForIt, LOOK_EVERY)
    return
  }
  gone = false
  departure = settledFromOutside()
  for (const listener of returning) listener()
}

function settledFromOutside() {
  const made = {}
  made.promise = new Promise((_, reject) => Object.assign(made, { reject }))
  return made
}
