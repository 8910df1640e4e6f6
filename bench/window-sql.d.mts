export const WINDOW_SQL: string
