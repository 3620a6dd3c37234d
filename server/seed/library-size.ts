/** As many items as 7,000 hours make at forty minutes each. */
export const FULL_LIBRARY = 10_500;
/** The average length of an item; with {@link FULL_LIBRARY} it makes 25,200,000 s. */
export const SECONDS_AN_ITEM = 2_400;
/** Below this there would be series without an item. */
export const SMALLEST_LIBRARY = 120;
/** All the local pieces (乡土课件) of a full library. */
export const LOCAL_ITEMS = 152;
/** Contestants whose lessons were made into courseware. */
export const WINNERS = 11;
/** Clips that are really encoded; all items play one of them. */
export const TRAILERS = 12;
