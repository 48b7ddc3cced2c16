package func view(_ state: State) -> Grid { Grid(size: state.size) }
