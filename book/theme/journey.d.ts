// What journey.js does and what it expects of a page, for readers and for `tsc`; no browser loads this file.
//
//     <figure class="journey" data-slow="… 1ms as 0ms …">
//       <svg>… one <g> for every step, in the order of the list, and no other <g> …</svg>
//       <ol><li data-when="…" data-time="…" data-end="…">…</li> …</ol>
//       <p><button>back</button> <button>on</button> <output></output></p>
//     </figure>
//
// After every run of a block of the page its request travels: the steps it took light up one after another, in the picture and
// in the list. Of several answers it is the first one that no function gave, because that one shows where requests are
// refused; else the first. Which steps a request took is read from its answer: a step counts where `data-when`, a regular
// expression, fits the status followed by the names of the Server-Timing metrics (`404`, `200init,handler,db`); without
// `data-when` it always counts. The last of them is where it ended, and its `data-end` says so after the status.
//
// A step stays lit for its share of the real time (`data-time`: the handler without its table, or the table; the rest is shared
// out evenly to the four steps that no answer tells apart), stretched to four seconds in all, and 0.4 s more, because many
// shares are too short to be seen. `data-slow` says the stretching; its first 0 becomes the number. Where less motion
// is asked for, the last step is lit at once. The buttons go through the same steps by hand.
//
//     npx -p typescript@latest tsc --noEmit --checkJs --strict false --target es2024 --lib es2024,dom,dom.iterable \
//         book/theme/journey.js book/theme/journey.d.ts preprocessor/assets/types.d.ts
