import { WeappLoginError } from './errors.js'

/** How long and how often one piece of work may be tried. */
export interface Limits {
  /** Tries after the first one; a time-out counts twice. */
  readonly retries: number
  /** First pause, in milliseconds; doubled from one to the next, and shortened by up to half at random. */
  readonly retryDelay: number
  /** A pause longer than this, in milliseconds, is not waited for: the caller is told instead. */
  readonly maxWait: number
}

/** Counts the tries of one piece of work and waits between them. */
export class Patience {
  private spent = 0

  constructor(private readonly limits: Limits) {}

  /**
   * Returns when the time for the next try has come.
   *
   * Rejects with `error` itself when there is to be none: its advice is `none` or needs the person, the tries are used up, or the service
   * asks for more time than a person would wait before a screen.
   */
  async afterwards(error: unknown): Promise<void> {
    if (!(error instanceof WeappLoginError) || this.spent >= this.limits.retries) throw error
    if (error.retry === 'none' || error.retry === 'getPhoneNumber') throw error
    const asked = (error.retryAfter || 0) * 1000
    if (asked > this.limits.maxWait) throw error
    const grown = this.limits.retryDelay * Math.pow(2, this.spent)
    // A time-out has cost the person before the screen more time than all pauses together.
    this.spent += error.code === 'timed_out' ? 2 : 1
    // Jitter, and on top of what the service asked for: phones that were turned away together do not return together.
    const pause = asked + grown * (0.5 + Math.random() / 2)
    await new Promise<void>(resolve => setTimeout(resolve, pause))
  }
}
