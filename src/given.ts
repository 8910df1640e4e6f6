export type Given<Options> = { [Key in keyof Options]?: Exclude<Options[Key], undefined> }

/** Without the keys whose value is undefined, so that an absent option leaves the default alone. */
export function given<Options extends object>(options: Options): Given<Options>
export function given(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
