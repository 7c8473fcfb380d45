// A phone with WeChat on it, for tests in Node and for a page in a browser: the part of `wx` that signing in needs, over
// fetch. What only WeChat can do (codes, signed data) is asked of the simulator's phone side; storage, the network's
// manners and the person's taps are here. Imports nothing.

// What they return is a task, and so never a Promise.
const TASKS = ['request', 'uploadFile', 'downloadFile']
const METHODS = ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']

/**
 * A phone: `wx` is what a mini program sees, everything else is the person, the system and the weather.
 *
 * - `simulator`: address of the simulator, such as `http://127.0.0.1:8080`
 * - `person`, `appId`: who holds the phone, and which mini program runs
 * - `storage`: with `getItem`, `setItem`, `removeItem` over texts, as `localStorage` has them; default: in memory
 * - `onMessage(message)`: sees every call, its answer or its failure, in order and at once:
 *   `{ phase: 'call' | 'answer' | 'failure', api, id, options?, result? }`
 * - `domains`: origins that requests may go to, as set in a mini program's console; default: any
 * - `timeout`: of a request, in ms, default 60,000; `parallel`: how many run at once, default 10
 * - `interruptAfter`: ms in the background after which running requests fail, default 5,000
 * - `promises`: false for a base library below 2.10.2, whose calls return nothing
 * - `titleCaseHeaders`: hands headers over as `Retry-After` instead of `retry-after`, as some phones do
 */
export function createPhone(settings) {
  const { simulator, person, appId } = settings
  const fetch = settings.fetch || globalThis.fetch.bind(globalThis)
  const observe = settings.onMessage || (() => {})
  const storage = settings.storage || memoryStorage()
  const parallel = settings.parallel || 10
  const timeout = settings.timeout || 60000
  const interruptAfter = settings.interruptAfter === undefined ? 5000 : settings.interruptAfter

  const files = new Map()
  const faults = []
  const refused = new Set()
  const running = new Set()
  const queue = []
  let calls = 0
  let killed = false
  let tapping = false
  let background = null

  /** Runs `work` as one call of `api`, and hands its outcome to the callbacks as WeChat does: later, and once. */
  function call(api, options, work) {
    const { success, fail, complete } = options
    const id = ++calls
    observe({ phase: 'call', api, id, options })
    const outcome = Promise.resolve().then(() => {
      const fault = faultFor(api, options)
      if (fault && fault.kind === 'fail') throw { errMsg: fault.errMsg, errno: fault.errno || 0 }
      if (fault && fault.kind === 'silent') return new Promise(() => {})
      if (fault && fault.kind === 'answer') return fault.answer
      if (fault && fault.kind === 'loseAnswer') return work(id).then(() => { throw { errMsg: fault.errMsg } })
      return work(id)
    })
    const settled = outcome.then(
      result => {
        if (killed) return new Promise(() => {})
        observe({ phase: 'answer', api, id, result })
        if (success) success(result)
        if (complete) complete(result)
        return result
      },
      failure => {
        if (killed) return new Promise(() => {})
        const result = failure && failure.errMsg ? failure : { errMsg: `${api}:fail ${failure && failure.message}` }
        observe({ phase: 'failure', api, id, result })
        if (fail) fail(result)
        if (complete) complete(result)
        if (!success && !fail && !complete) throw result
        return undefined
      }
    )
    const promised = settings.promises !== false && !TASKS.includes(api) && !success && !fail && !complete
    return promised ? settled : undefined
  }

  function faultFor(api, options) {
    const index = faults.findIndex(fault => fault.api === api && (!fault.path || String(options.url).includes(fault.path)))
    if (index < 0) return null
    const fault = faults[index]
    fault.times -= 1
    if (fault.times <= 0) faults.splice(index, 1)
    return fault
  }

  /** Asks the simulator what WeChat would hand to `success` (200) or `fail` (400). */
  async function askWeChat(api, body) {
    const answer = await fetch(`${simulator}/wx/${encodeURIComponent(person)}/${api}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ appId, refuse: refused.has(api), ...body })
    }).catch(error => { throw { errMsg: `${api}:fail ${error.message}` } })
    const result = await answer.json().catch(() => ({ errMsg: `${api}:fail system error` }))
    if (!answer.ok) throw result.errMsg ? result : { errMsg: `${api}:fail system error` }
    return result
  }

  /** Starts `work` as one of the calls that can be aborted. */
  function task(api, options, work) {
    const state = { api, aborter: new AbortController(), reason: null }
    call(api, options, () => admitted(() => work(state)))
    return { abort: () => stop(state, 'abort'), onHeadersReceived() {}, offHeadersReceived() {}, onProgressUpdate() {} }
  }

  const request = options => task('request', options, async state => {
    const answer = await sent(options, state)
    return { ...answer, data: handedOver(answer.data, options) }
  })

  const uploadFile = options => task('uploadFile', options, async state => {
    if (!files.has(options.filePath)) throw { errMsg: 'uploadFile:fail file not found' }
    const form = new FormData()
    for (const [name, value] of Object.entries(options.formData || {})) form.append(name, String(value))
    form.append(options.name, new Blob([files.get(options.filePath)]), options.filePath.split('/').pop())
    const { data, cookies, ...answer } = await sent({ ...options, method: 'POST', form }, state)
    return { ...answer, data: new TextDecoder().decode(data) }
  })

  const downloadFile = options => task('downloadFile', options, async state => {
    const { data, cookies, ...answer } = await sent({ ...options, method: 'GET', data: undefined }, state)
    const path = options.filePath || `wxfile://tmp_${++calls}`
    files.set(path, data)
    return { ...answer, tempFilePath: path, filePath: options.filePath }
  })

  /** Runs `work` when fewer than ten requests are under way. */
  async function admitted(work) {
    if (running.size >= parallel) await new Promise(resolve => queue.push(resolve))
    const place = {}
    running.add(place)
    try {
      return await work(place)
    } finally {
      running.delete(place)
      const next = queue.shift()
      if (next) next()
    }
  }

  const inFlight = new Set()

  async function sent(options, state) {
    const method = String(options.method || 'GET').toUpperCase()
    if (!METHODS.includes(method)) throw { errMsg: `${state.api}:fail method is invalid` }
    let url = String(options.url)
    if (!/^https?:\/\//i.test(url)) throw { errMsg: `${state.api}:fail invalid url "${url}"` }
    if (settings.domains && !settings.domains.includes(new URL(url).origin)) {
      throw { errMsg: `${state.api}:fail url not in domain list`, errno: 600002 }
    }
    const headers = { 'content-type': 'application/json' }
    for (const [name, value] of Object.entries(options.header || {})) {
      if (name.toLowerCase() !== 'referer') headers[name.toLowerCase()] = String(value)
    }
    headers.referer = `https://servicewechat.com/${appId}/0/page-frame.html`
    const { data } = options
    let body
    if (options.form) {
      body = options.form
      // With its boundary, which only fetch knows.
      delete headers['content-type']
    } else if (method === 'GET' || method === 'HEAD') {
      if (data && typeof data === 'object') url += (url.includes('?') ? '&' : '?') + urlencoded(data)
    } else if (data !== undefined && data !== null) {
      const form = headers['content-type'].includes('x-www-form-urlencoded')
      const plain = typeof data === 'string' || data instanceof ArrayBuffer
      body = plain ? data : form ? urlencoded(data) : JSON.stringify(data)
    }
    const timer = setTimeout(() => stop(state, 'timeout'), options.timeout || timeout)
    inFlight.add(state)
    try {
      // No cookie is kept or sent, whatever the server sets.
      const { signal } = state.aborter
      const answer = await fetch(url, { method, headers, body, signal, credentials: 'omit', cache: 'no-store' })
      return {
        data: await answer.arrayBuffer(),
        statusCode: answer.status,
        header: headerObject(answer.headers),
        cookies: setCookies(answer.headers),
        errMsg: `${state.api}:ok`
      }
    } catch (error) {
      const cause = error.cause && (error.cause.code || error.cause.message)
      throw { errMsg: `${state.api}:fail ${state.reason || cause || error.message}`, errno: state.reason ? 5 : 600001 }
    } finally {
      clearTimeout(timer)
      inFlight.delete(state)
    }
  }

  // Headers of older runtimes join all cookies with commas, which stand in a cookie only within its date.
  function setCookies(headers) {
    if (headers.getSetCookie) return headers.getSetCookie()
    const joined = headers.get('set-cookie')
    return joined ? joined.split(/,\s*(?=[^;,\s]+=)/) : []
  }

  function stop(state, reason) {
    state.reason = state.reason || reason
    state.aborter.abort()
  }

  function headerObject(headers) {
    const result = {}
    headers.forEach((value, name) => {
      const shown = settings.titleCaseHeaders ? name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase()) : name
      result[shown] = value
    })
    return result
  }

  const wx = {
    login: (options = {}) => call('login', options, () => askWeChat('login', {})),
    checkSession: (options = {}) => call('checkSession', options, () => askWeChat('checkSession', {})),
    getUserInfo: (options = {}) =>
      call('getUserInfo', options, () => askWeChat('getUserInfo', { withCredentials: Boolean(options.withCredentials) })),
    getUserProfile: (options = {}) => {
      const tap = tapping
      return call('getUserProfile', options, () => askWeChat('getUserProfile', { tap, desc: options.desc }))
    },
    request,
    uploadFile,
    downloadFile,
    getStorageSync(key) {
      storageFault('getStorageSync')
      const text = storage.getItem(key)
      return text === null || text === undefined ? '' : JSON.parse(text)
    },
    setStorageSync(key, data) {
      storageFault('setStorageSync')
      storage.setItem(key, JSON.stringify(data))
    },
    removeStorageSync(key) {
      storageFault('removeStorageSync')
      storage.removeItem(key)
    },
    getAccountInfoSync: () => ({ miniProgram: { appId, envVersion: 'develop', version: '' } })
  }

  function storageFault(api) {
    const fault = faultFor(api, {})
    if (fault) throw new Error(fault.errMsg || `${api}:fail`)
  }

  return {
    wx,
    storage,
    /** The files on this phone, by path. */
    files,
    /**
     * What goes wrong next: `{ api, kind, times?, path?, errMsg?, answer? }`. `kind` is `fail` (with `errMsg`), `silent`
     * (no callback ever), `loseAnswer` (it happened, nobody hears of it) or `answer` (somebody else replies); of the
     * storage calls, any kind makes them throw. `path` picks requests by a part of their address.
     */
    fault: fault => { faults.push({ times: 1, ...fault }) },
    /** Whether the person says no when `api` asks (`getUserInfo`, `getUserProfile`, `getPhoneNumber`). */
    refuse(api, no = true) {
      if (no) refused.add(api)
      else refused.delete(api)
    },
    /** Runs `handler` as the handler of a tap; `wx.getUserProfile` works only in here. */
    tap(handler) {
      tapping = true
      try {
        return handler()
      } finally {
        tapping = false
      }
    },
    /** A tap on `<button open-type="getPhoneNumber">`: the event's `detail`. */
    async tapPhoneButton() {
      const id = ++calls
      observe({ phase: 'call', api: 'getPhoneNumber', id, options: {} })
      const result = await askWeChat('getPhoneNumber', {}).catch(failure => failure)
      observe({ phase: result.code || result.encryptedData ? 'answer' : 'failure', api: 'getPhoneNumber', id, result })
      return result
    },
    /** The person agrees to the mini program's privacy guideline. */
    agreePrivacy: () => askWeChat('agreePrivacy', {}),
    /** The mini program goes to the background. */
    hide() {
      background = setTimeout(() => inFlight.forEach(state => stop(state, 'interrupted')), interruptAfter)
    },
    show: () => clearTimeout(background),
    /** WeChat ends the mini program: nothing that is under way calls back any more. Its storage stays. */
    kill() { killed = true }
  }
}

/** Only the mini program's side of a phone. */
export function createWx(settings) {
  return createPhone(settings).wx
}

/** A storage that ends with the page. */
export function memoryStorage() {
  const items = new Map()
  return {
    getItem: key => (items.has(key) ? items.get(key) : null),
    setItem: (key, text) => void items.set(key, text),
    removeItem: key => void items.delete(key)
  }
}

function handedOver(raw, options) {
  if (options.responseType === 'arraybuffer') return raw
  const text = new TextDecoder().decode(raw)
  if ((options.dataType || 'json') !== 'json') return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function urlencoded(data) {
  return Object.entries(data).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')
}
