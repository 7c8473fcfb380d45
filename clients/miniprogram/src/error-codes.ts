/**
 * What the service answers in `code`, complete.
 *
 * One code a line: a test of the service compares this list with the codes it can send. What each one means, its
 * status and its `retry` stand in the service's documentation.
 */
export type ServerErrorCode =
  | 'invalid_request'
  | 'code_invalid'
  | 'code_used'
  | 'session_invalid'
  | 'blocked_by_wechat'
  | 'user_suspended'
  | 'registration_closed'
  | 'phone_code_invalid'
  | 'ticket_invalid'
  | 'not_found'
  | 'method_not_allowed'
  | 'payload_too_large'
  | 'signature_mismatch'
  | 'decryption_failed'
  | 'watermark_mismatch'
  | 'identity_mismatch'
  | 'data_stale'
  | 'rate_limited'
  | 'wechat_rejected'
  | 'wechat_quota_exhausted'
  | 'wechat_unavailable'
  | 'storage_unavailable'
  | 'overloaded'
  | 'internal'
