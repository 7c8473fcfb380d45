/** A signed-in person, as the service tells it. */
export interface User {
  /** A decimal number as text: it may exceed what a JavaScript number holds exactly. */
  readonly id: string
  readonly nickname: string
  readonly avatarUrl: string
  /** 0 unknown, 1 male, 2 female. WeChat gives 0 for everybody since 2021. */
  readonly gender: 0 | 1 | 2
  readonly language: string
  readonly city: string
  readonly province: string
  readonly country: string
  /** With country code, such as `+8613800000000`; `null` until bound. */
  readonly phone: string | null
  /** RFC 3339, UTC. */
  readonly createdAt: string
}

/** Whether `value` came from the service as a user; used on answers and on what lay in storage. */
export function isUser(value: unknown): value is User {
  return typeof value === 'object' && value !== null && typeof (value as User).id === 'string'
}
