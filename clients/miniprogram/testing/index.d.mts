/** How a phone is set up. */
export interface PhoneSettings {
  /** Where the simulator is, such as `http://127.0.0.1:8080`. */
  simulator: string
  /** Who holds the phone; the simulator meets anybody. */
  person: string
  /** The mini program that runs. */
  appId: string
  /** As `localStorage`; default: in memory. */
  storage?: PhoneStorage
  /** Sees every call, its answer or its failure, in order and at once. */
  onMessage?: (message: PhoneMessage) => void
  /** Origins that requests may go to, as set in a mini program's console; default: any. */
  domains?: string[]
  /** Of a request, in milliseconds; default 60,000. */
  timeout?: number
  /** How many requests run at once; default 10. */
  parallel?: number
  /** Milliseconds in the background after which running requests fail; default 5,000. */
  interruptAfter?: number
  /** `false` for a base library below 2.10.2, whose calls return nothing. */
  promises?: boolean
  /** Hands headers over as `Retry-After` instead of `retry-after`, as some phones do. */
  titleCaseHeaders?: boolean
  /** In place of the global `fetch`. */
  fetch?: (url: string, init?: any) => Promise<any>
}

/** Texts by name. */
export interface PhoneStorage {
  getItem(key: string): string | null
  setItem(key: string, text: string): void
  removeItem(key: string): void
}

/** What `onMessage` sees. */
export interface PhoneMessage {
  phase: 'call' | 'answer' | 'failure'
  api: string
  /** The same for a call and what became of it. */
  id: number
  options?: any
  result?: any
}

/** What goes wrong next. */
export interface PhoneFault {
  api: string
  /** `fail`: with `errMsg`; `silent`: no callback ever; `loseAnswer`: it happened, nobody hears of it; `answer`: somebody else replies. */
  kind: 'fail' | 'silent' | 'loseAnswer' | 'answer'
  /** How often; default 1. */
  times?: number
  /** Of requests: only those whose address contains this. */
  path?: string
  errMsg?: string
  errno?: number
  answer?: any
}

/** A phone with WeChat on it: `wx` is what a mini program sees, everything else is the person, the system and the weather. */
export interface Phone {
  wx: any
  storage: PhoneStorage
  /** The files on this phone, by path. */
  files: Map<string, any>
  fault(fault: PhoneFault): void
  /** Whether the person says no when `api` asks. */
  refuse(api: 'getUserInfo' | 'getUserProfile' | 'getPhoneNumber', no?: boolean): void
  /** Runs `handler` as the handler of a tap; `wx.getUserProfile` works only in here. */
  tap<Result>(handler: () => Result): Result
  /** A tap on `<button open-type="getPhoneNumber">`: the event's `detail`. */
  tapPhoneButton(): Promise<any>
  /** The person agrees to the mini program's privacy guideline. */
  agreePrivacy(): Promise<any>
  /** The mini program goes to the background. */
  hide(): void
  show(): void
  /** WeChat ends the mini program: nothing that is under way calls back any more. Its storage stays. */
  kill(): void
}

/** A phone in somebody's hand, its WeChat side answered by a simulator that `weapp-login dev` or `simulate` serves. */
export function createPhone(settings: PhoneSettings): Phone

/** Only the mini program's side of a phone. */
export function createWx(settings: PhoneSettings): any

/** A storage that ends with the page. */
export function memoryStorage(): PhoneStorage
